/** A share in whole per cent, as people read it. Pure. */

/** Rounded to the nearest, but never up to a mark that has not been reached: 99.6 % is not all of them. */
export function percent(part: number, whole: number, marks: readonly number[]): number {
  // Multiplied first: 29 of 100 divided first would be 28.999…
  const exact = (part * 100) / Math.max(1, whole)
  const rounded = Math.round(exact)
  return exact < rounded && marks.includes(rounded) ? rounded - 1 : rounded
}
