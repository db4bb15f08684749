/** Pure geometry of the charts: where a value stands, which marks an axis has, how a series is drawn as a path. */

export interface Series {
  name: string
  tone: 'action' | 'clinic' | 'wait' | 'done' | 'quiet' | 'alarm'
  /** One value for each label; null where there is none. */
  values: readonly (number | null)[]
  dashed?: boolean
}

export interface Box { left: number, top: number, width: number, height: number }

/** Steps of 1, 2 or 5 times a power of ten, from 0 to at least the largest value; what is counted has `whole` ones. */
export function marksUpTo(largest: number, { most = 5, whole = false } = {}): number[] {
  const wanted = Math.max(largest, 1) / most
  const power = 10 ** Math.floor(Math.log10(wanted))
  const fine = power * ([1, 2, 5, 10].find(times => times * power >= wanted - 1e-12) ?? 10)
  const step = whole ? Math.max(1, fine) : fine
  const marks = []
  for (let n = 0; n === 0 || (n - 1) * step < largest - 1e-9; n += 1) marks.push(Number((n * step).toPrecision(12)))
  return marks
}

export function largestOf(series: readonly Series[]): number {
  return Math.max(0, ...series.flatMap(one => one.values.map(value => value ?? 0)))
}

export function yOf(value: number, top: number, box: Box): number {
  return round(box.top + box.height - (top > 0 ? value / top : 0) * box.height)
}

/** The left edge of a label's slot; the edge behind the last slot has the number of labels. */
export function edgeOf(index: number, count: number, box: Box): number {
  return round(box.left + (count > 0 ? index / count : 0) * box.width)
}

export function middleOf(index: number, count: number, box: Box): number {
  return round((edgeOf(index, count, box) + edgeOf(index + 1, count, box)) / 2)
}

/** Which slot a horizontal place belongs to, within the labels there are. */
export function slotAt(x: number, count: number, box: Box): number {
  const slot = Math.floor(((x - box.left) / Math.max(box.width, 1)) * count)
  return Math.min(Math.max(slot, 0), Math.max(count - 1, 0))
}

export function linePath(values: Series['values'], top: number, box: Box): string {
  const parts: string[] = []
  values.forEach((value, index) => {
    if (value === null) return
    const begins = index === 0 || values[index - 1] === null
    parts.push(`${begins ? 'M' : 'L'}${middleOf(index, values.length, box)} ${yOf(value, top, box)}`)
  })
  return parts.join('')
}

export function stepPath(values: Series['values'], top: number, box: Box): string {
  const parts: string[] = []
  values.forEach((value, index) => {
    if (value === null) return
    const begins = index === 0 || values[index - 1] === null
    const y = yOf(value, top, box)
    parts.push(begins ? `M${edgeOf(index, values.length, box)} ${y}` : `V${y}`, `H${edgeOf(index + 1, values.length, box)}`)
  })
  return parts.join('')
}

/** Every n-th label, so that at most so many stand on the axis. */
export function labelEvery(count: number, most: number): number {
  return Math.max(1, Math.ceil(count / Math.max(most, 1)))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
