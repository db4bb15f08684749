/** Where things stand in our own drawings, and how shares are written. Pure. */
import type { Share } from './api'

export type Box = { width: number; height: number; left: number; right: number; top: number; bottom: number }

/** From a share of 0 to 1 to a place in the box, left to right. */
export const across = (box: Box, share: number): number => box.left + share * (box.width - box.left - box.right)

/** From a share of 0 to 1 to a place in the box, bottom to top. */
export const up = (box: Box, share: number): number => box.height - box.bottom - share * (box.height - box.top - box.bottom)

export const pathOf = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join(' ')

/** The least round number that is at least this large: 1, 2 or 5 times a power of ten. */
export function roundTop(most: number): number {
  if (most <= 1) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= most) ?? most
}

export const percent = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)}%`)

/** The interval in which a share lies. */
export const between = ({ low, high }: { low: number | null; high: number | null }): string =>
  low === null || high === null ? '–' : `${percent(low)} – ${percent(high)}`

/** What one evaluation gives to a plot; `tone` keeps its colour and its dashes apart from the others'. */
export type Series<Point> = { tone: 'judged' | 'base' | 'public' | 'file'; name: string; points: Point[] }

/** By how many points a share has changed; nothing while either is unknown. */
export function changeOf(now: Share, before: Share): number | null {
  return now.value === null || before.value === null ? null : Math.round((now.value - before.value) * 1000) / 10
}
