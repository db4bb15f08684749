/** What is found for some words: while they are the family's own, what the bot would say to them now; else a search. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'
import { searchKnowledge } from '../../api/panels'
import type { KnowledgeHit } from '../../api/panels'

export type LiveNote = Schemas['LiveNote']
export type Hit = KnowledgeHit & { live: LiveNote | null }
export type Outcome = Schemas['SuggestedAnswers']['outcome']
export type Found = { outcome: Outcome | null; hits: Hit[] }

/** So many are inserted by one key each. */
export const WITH_KEYS = 3

const of = (id: string): string => `/api/console/conversations/${encodeURIComponent(id)}/suggestions`

/** The bot's candidates for what the family said, below what is for staff alone. */
export async function suggestFor(conversationId: string, q: string, signal: AbortSignal): Promise<Found> {
  const [suggested, searched] = await Promise.all([
    get<Schemas['SuggestedAnswers']>(of(conversationId), { q }, signal),
    searchKnowledge(q, signal),
  ])
  const inside = searched.hits.filter(({ audience }) => audience !== 'parent').map(asHit)
  const hits = suggested.hits.map((hit): Hit => ({ ...hit, audience: 'parent' }))
  return { outcome: suggested.outcome, hits: [...hits, ...inside] }
}

export async function search(q: string, signal: AbortSignal): Promise<Found> {
  const { hits } = await searchKnowledge(q, signal)
  return { outcome: null, hits: hits.map(asHit) }
}

/** Tells the desk which entry went into a reply, and for which words; its loss would disturb nobody's work. */
export function noteUsed(conversationId: string, entryId: string, question: string): void {
  void post(`${of(conversationId)}/used`, { entry_id: entryId, question }).catch(() => undefined)
}

const asHit = (hit: KnowledgeHit): Hit => ({ ...hit, live: null })
