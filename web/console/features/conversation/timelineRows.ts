/** Turns entries into what stands on the screen: days, the line above what is new, runs of one author, read marks. Pure. */
import type { TimelineEntry } from '../../api/types'
import { dayKey } from '@shared/time'

export type Row =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'unread'; key: string }
  | { kind: 'entry'; key: string; entry: TimelineEntry; first: boolean; last: boolean; read: ReadMark }

/** Under the last message of ours that was read, and under the very last while it is not. */
export type ReadMark = 'none' | 'read' | 'unread'

const RUN_MS = 180_000

export function rowsOf(entries: readonly TimelineEntry[], about: { unreadFrom: number | null; readUpTo: number }): Row[] {
  const rows: Row[] = []
  const marks = readMarks(entries, about.readUpTo)
  entries.forEach((entry, at) => {
    const before = entries[at - 1]
    const after = entries[at + 1]
    const newDay = !before || dayKey(before.at) !== dayKey(entry.at)
    if (newDay) rows.push({ kind: 'day', key: `day:${dayKey(entry.at)}`, at: entry.at })
    if (entry.seq === about.unreadFrom) rows.push({ kind: 'unread', key: 'unread' })
    const apart = newDay || entry.seq === about.unreadFrom
    rows.push({
      kind: 'entry',
      key: entry.id,
      entry,
      first: apart || !before || !sameRun(before, entry),
      last: !after || after.seq === about.unreadFrom || dayKey(after.at) !== dayKey(entry.at) || !sameRun(entry, after),
      read: marks.get(entry.id) ?? 'none',
    })
  })
  return rows
}

/** The first of the visitor's last `unread` messages; null when all is read or it lies before what is loaded. */
export function firstUnread(entries: readonly TimelineEntry[], unread: number): number | null {
  if (unread <= 0) return null
  const theirs = entries.filter((entry) => entry.author === 'visitor' && entry.kind === 'message')
  return theirs.at(-unread)?.seq ?? theirs[0]?.seq ?? null
}

function sameRun(a: TimelineEntry, b: TimelineEntry): boolean {
  return (
    a.kind === b.kind &&
    a.kind !== 'notice' &&
    a.author === b.author &&
    a.author_id === b.author_id &&
    Date.parse(b.at) - Date.parse(a.at) < RUN_MS
  )
}

/** Numbers of the visitor's stream tell how far the visitor has read. */
function readMarks(entries: readonly TimelineEntry[], readUpTo: number): Map<string, ReadMark> {
  const marks = new Map<string, ReadMark>()
  const ours = entries.filter((entry) => entry.author === 'agent' && entry.kind === 'message' && entry.patient_seq !== null)
  const lastRead = ours.findLast((entry) => (entry.patient_seq ?? Infinity) <= readUpTo)
  const last = ours.at(-1)
  if (lastRead) marks.set(lastRead.id, 'read')
  if (last && last !== lastRead) marks.set(last.id, 'unread')
  return marks
}
