import { describe, expect, it } from 'vitest'
import type { RosterWeek } from './api'
import { axisOf, gapsOf, labelOf, mondayOf, moved, placeOn, resized, timeOf, timesOf } from './week'

const shift = timesOf('2026-11-24', '08:00', '16:00')
const HOUR = 3_600_000

describe('a week of the roster', () => {
  it('begins on Monday', () => {
    expect(mondayOf('2026-11-29')).toBe('2026-11-23')
    expect(mondayOf('2026-11-23')).toBe('2026-11-23')
  })

  it('reads a form in clinic time, and an early end as the next day', () => {
    expect(shift).toEqual({ starts_at: '2026-11-24T00:00:00.000Z', ends_at: '2026-11-24T08:00:00.000Z' })
    expect(timesOf('2026-11-24', '22:00', '06:00').ends_at).toBe('2026-11-24T22:00:00.000Z')
  })

  it('places a shift on a day and on a week, and cuts what lies outside', () => {
    expect(placeOn(axisOf('2026-11-24', 'day'), shift)?.left).toBeCloseTo(100 / 3)
    expect(placeOn(axisOf('2026-11-24', 'day'), shift)?.width).toBeCloseTo(100 / 3)
    expect(placeOn(axisOf('2026-11-24', 'week'), shift)?.width).toBeCloseTo((8 / 168) * 100)
    expect(placeOn(axisOf('2026-11-25', 'day'), shift)).toBeNull()
  })

  it('moves in whole steps and never turns a shift around', () => {
    const day = axisOf('2026-11-24', 'day')
    expect(timeOf(51, 2400, day)).toBe(HOUR / 2)
    expect(labelOf(moved(shift, HOUR / 2))).toBe('08:30–16:30')
    expect(labelOf(resized(shift, 'end', -20 * HOUR))).toBe('08:00–08:15')
    expect(labelOf(resized(shift, 'start', 2 * HOUR))).toBe('10:00–16:00')
  })

  it('joins quarters that lack the same, and forgets those that are over', () => {
    const missing = Array.from({ length: 672 }, () => 0)
    for (const n of [32, 33, 34]) missing[n] = 1
    missing[35] = 2
    const week = { starts_at: '2026-11-22T16:00:00Z', now: '2026-11-23T00:20:00Z', missing } as unknown as RosterWeek
    const gaps = gapsOf(week, axisOf('2026-11-23', 'week'))
    expect(gaps.map((gap) => [labelOf(gap), gap.missing])).toEqual([['08:15–08:45', 1], ['08:45–09:00', 2]])
  })
})
