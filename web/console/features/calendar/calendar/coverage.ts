/** People behind the sessions: a week's need and roster as days, their gaps in words, and paths to draw. Pure. */
import { clock, dayKey } from '@shared/time'
import type { Coverage } from './api'
import { AXIS_FROM, AXIS_TO, minuteOf } from './week'

const QUARTER_MS = 900_000
const QUARTER = 15

export type Quarter = { at: number; need: number; rostered: number; missing: number }
/** Neighbouring quarters that lack somebody; `missing` is the most of them. */
export type Gap = { from: string; to: string; missing: number }
export type DayCoverage = {
  quarters: Quarter[]
  /** What is still ahead: what is over can't be staffed any more. */
  gaps: Gap[]
  /** `none`: nobody is needed. `unrostered`: the roster of these days is not made. `past`: the day is over. */
  state: 'none' | 'unrostered' | 'past' | 'short' | 'enough'
}

export function coverageByDay(coverage: Coverage, now: number): Record<string, DayCoverage> {
  const from = Date.parse(coverage.starts_at)
  const made = coverage.rostered.some((people) => people > 0)
  const days: Record<string, Quarter[]> = {}
  coverage.need.forEach((need, n) => {
    const at = from + n * QUARTER_MS
    ;(days[dayKey(at)] ??= []).push({ at, need, rostered: coverage.rostered[n] ?? 0, missing: coverage.missing[n] ?? 0 })
  })
  return Object.fromEntries(Object.entries(days).map(([day, quarters]) => {
    const gaps = made ? gapsOf(quarters, now) : []
    return [day, { quarters, gaps, state: stateOf(quarters, { gaps, made, now }) }]
  }))
}

function stateOf(quarters: Quarter[], { gaps, made, now }: { gaps: Gap[]; made: boolean; now: number }): DayCoverage['state'] {
  if (quarters.every((one) => one.need === 0)) return 'none'
  if (!made) return 'unrostered'
  if (gaps.length > 0) return 'short'
  return (quarters.at(-1)?.at ?? 0) + QUARTER_MS <= now ? 'past' : 'enough'
}

function gapsOf(quarters: Quarter[], now: number): Gap[] {
  const gaps: Gap[] = []
  let last = -1
  for (const one of quarters) {
    if (one.missing === 0 || one.at + QUARTER_MS <= now) continue
    const gap = gaps.at(-1)
    const to = endOf(one.at)
    if (gap && last + QUARTER_MS === one.at) Object.assign(gap, { to, missing: Math.max(gap.missing, one.missing) })
    else gaps.push({ from: clock(one.at), to, missing: one.missing })
    last = one.at
  }
  return gaps
}

function endOf(at: number): string {
  const end = clock(at + QUARTER_MS)
  return end === '00:00' ? '24:00' : end
}

/** The quarter under a part of the strip's width. */
export function quarterAt(quarters: Quarter[], part: number): Quarter | undefined {
  const minute = AXIS_FROM + part * (AXIS_TO - AXIS_FROM)
  return quarters.find((one) => minuteOf(one.at) <= minute && minute < minuteOf(one.at) + QUARTER)
}

/** Three shapes on a strip of `width` by `height`: need as an area, roster as a line, what is missing as an area. */
export function shapesOf(quarters: Quarter[], { width, height }: { width: number; height: number }): { need: string; rostered: string; missing: string } {
  const shown = quarters.filter((one) => minuteOf(one.at) >= AXIS_FROM)
  const most = Math.max(1, ...shown.map((one) => Math.max(one.need, one.rostered)))
  const x = (one: Quarter): number => ((minuteOf(one.at) - AXIS_FROM) / (AXIS_TO - AXIS_FROM)) * width
  const step = (QUARTER / (AXIS_TO - AXIS_FROM)) * width
  const y = (people: number): number => height - (Math.max(people, 0) / most) * height
  const box = (one: Quarter, low: number, high: number): string => `M${round(x(one))} ${round(y(low))}V${round(y(high))}h${round(step)}V${round(y(low))}z`
  return {
    need: shown.filter((one) => one.need > 0).map((one) => box(one, 0, one.need)).join(''),
    rostered: shown.map((one, n) => `${n === 0 ? 'M' : 'L'}${round(x(one))} ${round(y(one.rostered))}h${round(step)}`).join(''),
    missing: shown.filter((one) => one.missing > 0).map((one) => box(one, one.need - one.missing, one.need)).join(''),
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
