import { describe, expect, it } from 'vitest'
import type { CalendarWeek, SessionView } from './api'
import { addDays, dragged, instantOf, minuteOf, mondayOf, moved, place, resized, rowsOf } from './week'

const session = (over: Partial<SessionView> = {}): SessionView => ({
  id: 's1',
  department_id: 'skin',
  doctor_id: 'wu',
  day: '2026-11-23',
  starts_at: '2026-11-23T00:30:00Z',
  ends_at: '2026-11-23T03:30:00Z',
  kind: 'morning',
  status: 'scheduled',
  slots: 12,
  booked: 3,
  note: '',
  origin: 'template',
  ...over,
})

describe('the week', () => {
  it('counts minutes and days in clinic time', () => {
    expect(minuteOf('2026-11-23T00:30:00Z')).toBe(510)
    expect(instantOf('2026-11-23', 510)).toBe('2026-11-23T00:30:00.000Z')
    expect(mondayOf('2026-11-29')).toBe('2026-11-23')
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
  })

  it('places a session on the day and cuts a night off at midnight', () => {
    expect(place({ startsAt: session().starts_at, endsAt: session().ends_at }).left).toBeCloseTo(150 / 1080)
    const night = place({ startsAt: '2026-11-23T12:00:00Z', endsAt: '2026-11-24T00:00:00Z' })
    expect(night.left + night.width).toBeCloseTo(1)
  })

  it('moves by days and minutes and keeps the length', () => {
    expect(moved(session(), { days: 1, minutes: -30 })).toEqual({ startsAt: '2026-11-24T00:00:00.000Z', endsAt: '2026-11-24T03:00:00.000Z' })
  })

  it('never shortens below one step', () => {
    expect(resized(session(), 'end', -600).endsAt).toBe('2026-11-23T00:45:00.000Z')
    expect(resized(session(), 'start', 600).startsAt).toBe('2026-11-23T03:15:00.000Z')
  })

  it('reads a drag over a column as the next day at the same time', () => {
    expect(dragged(162, 160)).toEqual({ days: 1, minutes: 0 })
    expect(dragged(9, 160)).toEqual({ days: 0, minutes: 60 })
  })

  it('gives every doctor a row and helpers from elsewhere one too', () => {
    const week = {
      departments: [{ id: 'skin', name: '皮肤科', name_en: '' }],
      doctors: [
        { id: 'wu', name: '吴', name_en: '', department_id: 'skin', title: '' },
        { id: 'li', name: '李', name_en: '', department_id: 'eyes', title: '' },
        { id: 'xu', name: '徐', name_en: '', department_id: 'skin', title: '' },
      ],
      sessions: [session(), session({ id: 's2', doctor_id: 'li' }), session({ id: 's3', doctor_id: null })],
    } as unknown as CalendarWeek
    expect(rowsOf(week, { department: '', onlyWith: false }).map((row) => row.key)).toEqual(['skin/', 'skin/wu', 'skin/li', 'skin/xu'])
    expect(rowsOf(week, { department: '', onlyWith: true }).map((row) => row.key)).toEqual(['skin/', 'skin/wu', 'skin/li'])
  })
})
