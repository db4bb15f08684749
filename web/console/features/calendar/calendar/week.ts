/** The week as rows and places: pure, in clinic time (Shanghai, which has no daylight saving). */
import { clock, dayKey } from '@shared/time'
import type { CalendarWeek, DepartmentRow, DoctorRow, SessionView } from './api'

export const AXIS_FROM = 6 * 60
export const AXIS_TO = 24 * 60
/** Sessions move by quarters of an hour. */
export const STEP = 15
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const OFFSET = '+08:00'

export type Times = { startsAt: string; endsAt: string }

export type Row = {
  key: string
  department: DepartmentRow
  doctor: DoctorRow | null
  /** The first row of its department names it. */
  first: boolean
  byDay: Record<string, SessionView[]>
}

/** Minutes after midnight of the clinic's day. */
export function minuteOf(at: string | number): number {
  const [hours = 0, minutes = 0] = clock(at).split(':').map(Number)
  return hours * 60 + minutes
}

/** The instant of a day's minute; minutes beyond the day belong to the next. */
export function instantOf(day: string, minute: number): string {
  return new Date(Date.parse(`${day}T00:00:00${OFFSET}`) + minute * MINUTE_MS).toISOString()
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
  return addDays(day, -weekday)
}

export function lengthOf(session: Pick<SessionView, 'starts_at' | 'ends_at'>): number {
  return (Date.parse(session.ends_at) - Date.parse(session.starts_at)) / MINUTE_MS
}

/** Where a stretch of time lies in its day, in parts of the day's width. */
export function place(times: Times): { left: number; width: number } {
  const start = minuteOf(times.startsAt)
  const minutes = (Date.parse(times.endsAt) - Date.parse(times.startsAt)) / MINUTE_MS
  const from = clamp(start, AXIS_FROM, AXIS_TO - STEP)
  const to = clamp(start + minutes, from + STEP, AXIS_TO)
  const span = AXIS_TO - AXIS_FROM
  return { left: (from - AXIS_FROM) / span, width: (to - from) / span }
}

/** The session at another time; its length stays. */
export function moved(session: SessionView, by: { days?: number; minutes?: number }): Times {
  const shift = (by.days ?? 0) * DAY_MS + (by.minutes ?? 0) * MINUTE_MS
  return { startsAt: shifted(session.starts_at, shift), endsAt: shifted(session.ends_at, shift) }
}

/** The session with another end or beginning, at least one step long. */
export function resized(session: SessionView, edge: 'start' | 'end', minutes: number): Times {
  const room = lengthOf(session) - STEP
  if (edge === 'end') return { startsAt: session.starts_at, endsAt: shifted(session.ends_at, Math.max(minutes, -room) * MINUTE_MS) }
  return { startsAt: shifted(session.starts_at, Math.min(minutes, room) * MINUTE_MS), endsAt: session.ends_at }
}

/** How far a drag of so many pixels goes: whole days by columns, the rest in steps; near the old time of day is the old time. */
export function dragged(pixels: number, columnWidth: number): { days: number; minutes: number } {
  const days = Math.round(pixels / columnWidth)
  const rest = ((pixels - days * columnWidth) / columnWidth) * (AXIS_TO - AXIS_FROM)
  const minutes = Math.round(rest / STEP) * STEP
  return { days, minutes: days !== 0 && Math.abs(minutes) <= 2 * STEP ? 0 : minutes }
}

/** Departments with their doctors, each a row; who has no session this week can be left out. */
export function rowsOf(week: CalendarWeek, filter: { department: string; onlyWith: boolean }): Row[] {
  const rows: Row[] = []
  for (const department of week.departments) {
    if (filter.department && filter.department !== department.id) continue
    const own = week.sessions.filter((session) => session.department_id === department.id)
    const people = peopleOf(week, department, own)
    const shown = people.filter((doctor) => !filter.onlyWith || own.some((one) => one.doctor_id === (doctor?.id ?? null)))
    shown.forEach((doctor, index) => {
      rows.push({
        key: `${department.id}/${doctor?.id ?? ''}`,
        department,
        doctor,
        first: index === 0,
        byDay: grouped(own.filter((session) => session.doctor_id === (doctor?.id ?? null))),
      })
    })
  }
  return rows
}

/** The department's own doctors and those who help out; null stands for sessions without a named doctor. */
function peopleOf(week: CalendarWeek, department: DepartmentRow, own: SessionView[]): (DoctorRow | null)[] {
  const guests = new Set(own.map((session) => session.doctor_id))
  const doctors: (DoctorRow | null)[] = week.doctors.filter((one) => one.department_id === department.id || guests.has(one.id))
  return guests.has(null) || doctors.length === 0 ? [null, ...doctors] : doctors
}

function grouped(sessions: SessionView[]): Record<string, SessionView[]> {
  const days: Record<string, SessionView[]> = {}
  for (const session of sessions) (days[dayKey(session.starts_at)] ??= []).push(session)
  return days
}

function shifted(at: string, by: number): string {
  return new Date(Date.parse(at) + by).toISOString()
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
