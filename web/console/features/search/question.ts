/** What a search asks for, and what a person may have meant by what they typed. Pure. */
import type { Sought } from '../../api/panels'

export const NOTHING_SOUGHT: Readonly<Sought> = { text: '', person: '', number: '', since: '', until: '' }

/** A hint that the words in the field for text rather belong into another one. */
export type Hint = { field: 'person' | 'number'; words: string }

/** The search to send, or null when there is nothing in it. */
export function soughtOf(typed: Sought): Sought | null {
  const sought: Sought = {
    text: typed.text.trim(),
    person: typed.person.trim(),
    number: typed.number.trim(),
    since: typed.since,
    until: typed.until,
  }
  return Object.values(sought).some((value) => value !== '') ? sought : null
}

/** Four digits or a whole number are a telephone's; a day with digits behind it is a conversation's number. */
export function hintFor(text: string): Hint | null {
  const plain = text.trim()
  if (/^#\s*\d+$/.test(plain) || /^\d{8}-\d{1,6}$/.test(plain)) return { field: 'number', words: plain.replace(/^#\s*/, '') }
  if (/^\d{4}$/.test(plain) || /^1[3-9]\d{9}$/.test(plain)) return { field: 'person', words: plain }
  return null
}

/** The same search with the words moved to where the hint says. */
export function withHint(typed: Sought, hint: Hint): Sought {
  return { ...typed, text: '', [hint.field]: hint.words }
}

/** A stretch of days that ends before it begins finds nothing; that is said before anybody asks. */
export function daysAreReversed(typed: Sought): boolean {
  return typed.since !== '' && typed.until !== '' && typed.since > typed.until
}

export type Piece = { text: string; found: boolean }

/** Cuts a snippet where the sought words stand, in whatever case they were written. */
export function piecesOf(snippet: string, words: string): Piece[] {
  const sought = words.trim().replace(/\s+/g, ' ').toLowerCase()
  if (sought === '') return [{ text: snippet, found: false }]
  const pieces: Piece[] = []
  const lower = snippet.toLowerCase()
  let from = 0
  for (let at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, from)) {
    if (at > from) pieces.push({ text: snippet.slice(from, at), found: false })
    pieces.push({ text: snippet.slice(at, at + sought.length), found: true })
    from = at + sought.length
  }
  if (from < snippet.length) pieces.push({ text: snippet.slice(from), found: false })
  return pieces
}
