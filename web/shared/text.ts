/** Small matters of text: what an avatar shows, where a search hit lies, how long a message is. */

/** The one or two signs that stand for a person: the last two of a Chinese name, else the first letters. */
export function initials(name: string): string {
  const trimmed = name.trim()
  if (/[\u3400-\u9fff]/.test(trimmed)) return Array.from(trimmed.replace(/[^\u3400-\u9fff]/g, '')).slice(-2).join('')
  return trimmed
    .split(/\s+/)
    .slice(0, 2)
    .map((part) => part.charAt(0).toUpperCase())
    .join('')
}

/** A stable choice among `count`, so that a person always has the same colour. */
export function stableChoice(id: string, count: number): number {
  let sum = 0
  for (const sign of id) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 9973
  return sum % count
}

/** Characters as people count them: an emoji or a rare Chinese character is one. */
export function characters(text: string): number {
  return Array.from(text).length
}

/** Whether the signs of `wanted` appear in `text` in order, and how well: lower is better, null is not at all. */
export function fuzzyScore(text: string, wanted: string): number | null {
  const where = text.toLowerCase()
  const what = wanted.toLowerCase()
  const whole = where.indexOf(what)
  if (whole >= 0) return whole
  let from = -1
  let gaps = 0
  for (const sign of what) {
    const next = where.indexOf(sign, from + 1)
    if (next < 0) return null
    if (from >= 0) gaps += next - from - 1
    from = next
  }
  return 100 + gaps
}
