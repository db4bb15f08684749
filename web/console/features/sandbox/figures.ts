/** How the sandbox's figures are said: rates in percent, waits in seconds, differences in points with their interval. */
import type { Figure, Report, Variant } from './api'

export const RATES = ['answer_rate', 'within_15', 'within_20', 'abandonment', 'conversion', 'occupancy'] as const
export const SECONDS = ['wait_mean', 'wait_p50', 'wait_p90', 'wait_p95', 'wait_p99'] as const
export const FIGURES = [...RATES, ...SECONDS, 'spread'] as const
export type FigureName = (typeof FIGURES)[number]
const HIGHER_IS_BETTER = ['answer_rate', 'within_15', 'within_20']
const NEITHER = ['occupancy']

export const isRate = (name: string): boolean => (RATES as readonly string[]).includes(name)
export const isWait = (name: string): boolean => (SECONDS as readonly string[]).includes(name)
export const isKnown = (name: string): name is FigureName => (FIGURES as readonly string[]).includes(name)

export function amount(name: string, value: number | null): string {
  if (value === null) return '–'
  if (isRate(name)) return `${(value * 100).toFixed(1)} %`
  return isWait(name) ? `${value.toFixed(1)} s` : value.toFixed(2)
}

export function scaled(name: string, value: number): string {
  const words = isRate(name) ? (value * 100).toFixed(1) : value.toFixed(isWait(name) ? 1 : 2)
  // What rounds to nothing has no sign.
  return /^-0\.?0*$/.test(words) ? words.slice(1) : words
}

function signed(name: string, value: number): string {
  const words = scaled(name, value)
  return value > 0 && Number(words) !== 0 ? `+${words}` : words
}

export function difference(figure: Figure | undefined): string {
  if (!figure || figure.mean === null) return '–'
  if (figure.low === null || figure.high === null) return signed(figure.name, figure.mean)
  return `${signed(figure.name, figure.mean)} (${signed(figure.name, figure.low)} … ${signed(figure.name, figure.high)})`
}

export type Verdict = 'better' | 'worse' | 'same' | 'unclear'

/** A difference is only called better or worse when its interval does not hold 0. */
export function verdict(figure: Figure | undefined): Verdict {
  if (!figure || figure.mean === null || figure.low === null || figure.high === null) return 'unclear'
  if (figure.low === 0 && figure.high === 0) return 'same'
  if ((figure.low <= 0 && figure.high >= 0) || NEITHER.includes(figure.name)) return 'unclear'
  return figure.mean > 0 === HIGHER_IS_BETTER.includes(figure.name) ? 'better' : 'worse'
}

export function figureOf(figures: readonly Figure[], name: string): Figure | undefined {
  return figures.find((one) => one.name === name)
}

/** The report as a table for spreadsheets: one line a figure, means and intervals of each variant and the difference. */
export function asCsv(report: Report): string {
  const heads = report.variants.flatMap((one) => [one.name, `${one.name}_low`, `${one.name}_high`])
  const difference = report.differences.length > 0
  const head = ['figure', ...heads, ...(difference ? ['difference', 'difference_low', 'difference_high'] : [])]
  const lines = FIGURES.map((name) => {
    const found = report.variants.map((one: Variant) => figureOf(one.figures, name))
    const all = difference ? [...found, figureOf(report.differences, name)] : found
    return [name, ...all.flatMap((one) => [one?.mean ?? '', one?.low ?? '', one?.high ?? ''])]
  })
  return [head, ...lines].map((line) => line.join(',')).join('\r\n')
}

export function save(name: string, content: string, type: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
