/** Canned replies: when the list opens, what it offers for the signs typed, and how a choice enters the text. Pure. */
import type { CannedReplyView } from '../../api/types'
import { fuzzyScore } from '@shared/text'

export type Trigger = { from: number; to: number; wanted: string }

const SHOWN = 8
// At the beginning or after a space or line break, so that dates and fractions do not open it.
const TRIGGER = /(?:^|\s)[/、]([^\s/、]{0,20})$/

/** The `/code` before the caret, if the caret stands right behind one. A Chinese keyboard gives `、` for the same key. */
export function findTrigger(text: string, caret: number): Trigger | null {
  const match = TRIGGER.exec(text.slice(0, caret))
  if (!match) return null
  const wanted = match[1] ?? ''
  return { from: caret - wanted.length - 1, to: caret, wanted }
}

/** The best fits: a code that begins so comes before one that contains it, then titles, then texts. */
export function matching(replies: readonly CannedReplyView[], wanted: string): CannedReplyView[] {
  if (wanted === '') return replies.slice(0, SHOWN)
  return replies
    .map((reply) => ({ reply, score: scoreOf(reply, wanted) }))
    .filter((one): one is { reply: CannedReplyView; score: number } => one.score !== null)
    .sort((a, b) => a.score - b.score)
    .slice(0, SHOWN)
    .map((one) => one.reply)
}

/** The text with the trigger replaced, and where the caret goes. */
export function insertReply(text: string, trigger: Trigger, reply: string): { text: string; caret: number } {
  return { text: text.slice(0, trigger.from) + reply + text.slice(trigger.to), caret: trigger.from + reply.length }
}

function scoreOf(reply: CannedReplyView, wanted: string): number | null {
  const code = fuzzyScore(reply.code, wanted)
  // Among codes that begin alike the shortest is meant.
  if (code !== null) return code * 10 + reply.code.length / 100
  const title = fuzzyScore(reply.title, wanted)
  if (title !== null) return 5000 + title
  // Texts are long: only whole words count there, scattered signs fit everything.
  const text = reply.text.toLowerCase().indexOf(wanted.toLowerCase())
  return text < 0 ? null : 50_000 + text
}
