/** Where things stand on the timeline of a day, and what one lane of it holds. Pure. */
import { clock, dayKey } from '@shared/time'
import type { PulseSession } from './api'

export type Stretch = { from: number; to: number }
type Timed = { starts_at: string; ends_at: string }
const HOUR = 3_600_000
const DAY = 24 * HOUR
const CLINIC_OFFSET = '+08:00'

/** From the hour of the first session to the hour after the last, within today, and never without the present. */
export function stretchOf(sessions: readonly Timed[], now: number): Stretch {
  const midnight = Date.parse(`${dayKey(now)}T00:00:00${CLINIC_OFFSET}`)
  const from = Math.max(midnight, Math.min(now, ...sessions.map((one) => Date.parse(one.starts_at))))
  const to = Math.min(midnight + DAY, Math.max(now, ...sessions.map((one) => Date.parse(one.ends_at))) + 1)
  return { from: Math.floor(from / HOUR) * HOUR, to: Math.ceil(to / HOUR) * HOUR }
}

/** The place of a time span in percent of the stretch. */
export function place(from: string | number, to: string | number, stretch: Stretch): { left: number; width: number } {
  const at = (moment: string | number): number => {
    const ms = typeof moment === 'number' ? moment : Date.parse(moment)
    return (Math.min(Math.max(ms, stretch.from), stretch.to) - stretch.from) / (stretch.to - stretch.from) * 100
  }
  return { left: at(from), width: at(to) - at(from) }
}

/** Hours that are written above the lanes: each, or every second when there are many. */
export function hoursBetween(stretch: Stretch): { at: number; left: number; words: string }[] {
  const step = stretch.to - stretch.from > 12 * HOUR ? 2 * HOUR : HOUR
  const marks: { at: number; left: number; words: string }[] = []
  for (let at = stretch.from; at < stretch.to; at += step) marks.push({ at, left: place(at, at, stretch).left, words: clock(at) })
  return marks
}

export type Phase = 'running' | 'later' | 'over'

export function phaseOf(one: Timed, now: number): Phase {
  if (now < Date.parse(one.starts_at)) return 'later'
  return now < Date.parse(one.ends_at) ? 'running' : 'over'
}

/** A department's day in one lane: its sessions, and what those that run bring together. */
export type Lane = {
  department: string
  sessions: PulseSession[]
  phase: Phase
  /** When the next session begins; null when one runs or none is to come. */
  next: string | null
  visits: number
  left: number
  contacts: number
  overrun: number
}

/** What runs first, then what begins next; what is over stands last. */
export function lanesOf(sessions: readonly PulseSession[], now: number): Lane[] {
  const departments = [...new Set(sessions.map((one) => one.department))]
  const lanes = departments.map((name) => laneOf(sessions.filter((one) => one.department === name), now))
  const order: Record<Phase, number> = { running: 0, later: 1, over: 2 }
  return lanes.sort((a, b) => order[a.phase] - order[b.phase] || Date.parse(a.next ?? '') - Date.parse(b.next ?? '') || 0)
}

function laneOf(sessions: PulseSession[], now: number): Lane {
  const running = sessions.filter((one) => phaseOf(one, now) === 'running')
  const later = sessions.filter((one) => phaseOf(one, now) === 'later').map((one) => one.starts_at).sort()
  const sum = (of: (one: PulseSession) => number): number => running.reduce((total, one) => total + of(one), 0)
  return {
    department: sessions[0]?.department ?? '',
    sessions,
    phase: running.length > 0 ? 'running' : later.length > 0 ? 'later' : 'over',
    next: running.length > 0 ? null : (later[0] ?? null),
    visits: sum((one) => one.visits),
    left: sum((one) => one.waiting_visits),
    contacts: sum((one) => one.contacts),
    overrun: Math.max(0, ...running.map((one) => one.overrun_minutes ?? 0)),
  }
}
