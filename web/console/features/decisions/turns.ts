/** The bot's turns as they are shown: what was asked, what came of it, what else was close. Pure. */
import type { BotTurnView, TimelineEntry } from '../../api/types'

export type Weighed = { id: string; question: string; score: number }

export type Turn = {
  key: string
  asked: string
  outcome: string
  confidence: number
  weighed: Weighed[]
  chosenId: string | null
  indexVersion: string
  helpful: boolean | null
  at: string
}

/** Newest first; the question is empty when it lies before what is loaded. */
export function turnsOf(turns: readonly BotTurnView[], entries: readonly TimelineEntry[]): Turn[] {
  const said = new Map(entries.map((entry) => [entry.id, wordsOf(entry)]))
  return [...turns]
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .map((turn) => ({
      key: turn.question_id,
      asked: said.get(turn.question_id) ?? '',
      outcome: turn.outcome,
      confidence: turn.confidence,
      weighed: turn.candidates.map(weighedOf).sort((a, b) => b.score - a.score),
      chosenId: turn.entry_id,
      indexVersion: turn.index_version,
      helpful: turn.helpful,
      at: turn.at,
    }))
}

function wordsOf(entry: TimelineEntry): string {
  return entry.body.kind === 'text' ? entry.body.text : ''
}

/** Candidates are stored as the engine of that day gave them, so nothing about them is taken for granted. */
function weighedOf(given: Readonly<Record<string, unknown>>): Weighed {
  const id = typeof given.id === 'string' ? given.id : ''
  const score = typeof given.score === 'number' && Number.isFinite(given.score) ? given.score : 0
  return { id, question: typeof given.question === 'string' ? given.question : id, score: Math.min(1, Math.max(0, score)) }
}
