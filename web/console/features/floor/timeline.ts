/** Where things stand on the timeline of a day. Pure. */
import { clock } from '@shared/time'

export type Stretch = { from: number; to: number }
type Timed = { starts_at: string; ends_at: string }
const HOUR = 3_600_000

/** From the hour before the first session to the hour after the last, and never without the present. */
export function stretchOf(sessions: readonly Timed[], now: number): Stretch {
  const from = Math.min(now, ...sessions.map((one) => Date.parse(one.starts_at)))
  const to = Math.max(now, ...sessions.map((one) => Date.parse(one.ends_at)))
  return { from: Math.floor(from / HOUR) * HOUR, to: Math.ceil((to + 1) / HOUR) * HOUR }
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
