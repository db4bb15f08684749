/** A week of the roster as places on an axis: pure, in clinic time (Shanghai, which has no daylight saving). */
import { clock, dayKey } from '@shared/time'
import type { RosterWeek, Shift } from './api'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
const OFFSET = '+08:00'

export type Times = { starts_at: string; ends_at: string }
/** The part of time that is shown: from an instant, so many hours. */
export type Axis = { from: number; hours: number; step: number }
export type Gap = Times & { missing: number }

export function midnightOf(day: string): number {
  return Date.parse(`${day}T00:00:00${OFFSET}`)
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

export function mondayOf(day: string): string {
  return addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7))
}

/** A week moves by half hours, a day by quarters. */
export function axisOf(day: string, view: 'week' | 'day'): Axis {
  return view === 'week'
    ? { from: midnightOf(mondayOf(day)), hours: 168, step: 30 * MINUTE_MS }
    : { from: midnightOf(day), hours: 24, step: QUARTER_MS }
}

/** Where a stretch lies on the axis in percent; null when it is outside. */
export function placeOn(axis: Axis, times: Times): { left: number; width: number } | null {
  const whole = axis.hours * 60 * MINUTE_MS
  const from = Math.max(Date.parse(times.starts_at) - axis.from, 0)
  const to = Math.min(Date.parse(times.ends_at) - axis.from, whole)
  return to <= from ? null : { left: (from / whole) * 100, width: ((to - from) / whole) * 100 }
}

/** Pixels as time, in whole steps. */
export function timeOf(pixels: number, width: number, axis: Axis): number {
  const raw = (pixels / Math.max(width, 1)) * axis.hours * 60 * MINUTE_MS
  return Math.round(raw / axis.step) * axis.step
}

export function moved(times: Times, by: number): Times {
  return { starts_at: shifted(times.starts_at, by), ends_at: shifted(times.ends_at, by) }
}

/** One edge elsewhere; never shorter than a quarter. */
export function resized(times: Times, edge: 'start' | 'end', by: number): Times {
  const from = Date.parse(times.starts_at)
  const to = Date.parse(times.ends_at)
  if (edge === 'start') return { ...times, starts_at: iso(Math.min(from + by, to - QUARTER_MS)) }
  return { ...times, ends_at: iso(Math.max(to + by, from + QUARTER_MS)) }
}

/** What a form says: an end at or before the start is on the next day. */
export function timesOf(day: string, start: string, end: string): Times {
  const from = Date.parse(`${day}T${start}:00${OFFSET}`)
  const to = Date.parse(`${day}T${end}:00${OFFSET}`)
  return { starts_at: iso(from), ends_at: iso(to > from ? to : to + DAY_MS) }
}

export function labelOf(times: Times): string {
  const end = clock(times.ends_at)
  return `${clock(times.starts_at)}–${end === '00:00' ? '24:00' : end}`
}

/** `08–16`, for narrow blocks. */
export function shortLabelOf(times: Times): string {
  return labelOf(times).replaceAll(':00', '')
}

/** A date without the weekday, for ranges. */
export function dateOf(day: string, language: 'zh' | 'en'): string {
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { month: language === 'zh' ? 'long' : 'short', day: 'numeric', timeZone: 'Asia/Shanghai' }).format(midnightOf(day))
}

export function weekdayOf(at: number, language: 'zh' | 'en'): string {
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { weekday: 'short', timeZone: 'Asia/Shanghai' }).format(at)
}

export function quartersOf(week: RosterWeek, axis: Axis): { first: number; count: number; labels: string[] } {
  const first = Math.round((axis.from - Date.parse(week.starts_at)) / QUARTER_MS)
  const count = axis.hours * 4
  const labels = Array.from({ length: count }, (_, n) => clock(axis.from + n * QUARTER_MS))
  return { first, count, labels }
}

/** Quarters that lack somebody, neighbours with the same lack as one; those that are over are left out. */
export function gapsOf(week: RosterWeek, axis: Axis): Gap[] {
  const { first, count } = quartersOf(week, axis)
  const found: Gap[] = []
  for (let n = 0; n < count; n += 1) {
    const missing = week.missing[first + n] ?? 0
    const at = axis.from + n * QUARTER_MS
    if (missing === 0 || at + QUARTER_MS <= Date.parse(week.now)) continue
    const last = found.at(-1)
    if (last && last.missing === missing && Date.parse(last.ends_at) === at) last.ends_at = iso(at + QUARTER_MS)
    else found.push({ missing, starts_at: iso(at), ends_at: iso(at + QUARTER_MS) })
  }
  return found
}

export function dayOf(shift: Pick<Shift, 'starts_at'>): string {
  return dayKey(shift.starts_at)
}

function shifted(at: string, by: number): string {
  return iso(Date.parse(at) + by)
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
