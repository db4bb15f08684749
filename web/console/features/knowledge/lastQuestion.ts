/** What the family last asked, to be looked up without typing it again. Pure. */
import type { TimelineEntry } from '../../api/types'

/** The longest question that the search takes. */
export const LONGEST_QUESTION = 200

/** The visitor's last words; empty when they have sent nothing but pictures. */
export function lastQuestion(entries: readonly TimelineEntry[]): string {
  for (const entry of [...entries].reverse()) {
    if (entry.author === 'visitor' && entry.body.kind === 'text') return tidy(entry.body.text)
  }
  return ''
}

function tidy(text: string): string {
  return Array.from(text.replace(/\s+/g, ' ').trim()).slice(0, LONGEST_QUESTION).join('')
}

const SOON_DAYS = 14

/** How long an answer still holds: `soon` is said aloud, so that nobody promises what ends tomorrow. */
export function validity(validUntil: string | null, now: number): 'always' | 'long' | 'soon' | 'over' {
  if (validUntil === null) return 'always'
  // A day is valid to its end at the clinic.
  const daysLeft = (Date.parse(`${validUntil.slice(0, 10)}T23:59:59+08:00`) - now) / 86_400_000
  if (daysLeft < 0) return 'over'
  return daysLeft <= SOON_DAYS ? 'soon' : 'long'
}
