/** Replies and notes on their way: in order per lane, under their own keys, until the server has them. Pure. */
import type { ErrorFields } from '../api/client'
import type { DraftKind, GuardReason, ReplyBody, TimelineEntry } from '../api/types'

/** `lost`: nobody knows whether it arrived; sent again under the same key. `held`: the visitor has written meanwhile, or the
 *  words should be looked at again (then `failure` says so).
 *  `refused`: the server said no. `sent`: stored, and about to appear on the timeline. */
export type PendingState = 'queued' | 'sending' | 'lost' | 'held' | 'refused' | 'sent'

export type Pending = {
  clientKey: string
  conversationId: string
  kind: 'reply' | 'note'
  body: ReplyBody
  /** The last number the writer had seen. */
  seenSeq: number
  confirmed: boolean
  /** Why it goes out although it was held for its words. */
  inSpite: GuardReason | null
  /** What an earlier wording of it was held for. */
  changedAfter: readonly DraftKind[]
  state: PendingState
  failure: string
  fields: ErrorFields
  at: string
}

export type Outcome =
  | { as: 'stored' }
  | { as: 'lost' }
  | { as: 'stale' }
  | { as: 'guarded'; fields: ErrorFields }
  | { as: 'refused'; code: string; fields: ErrorFields }

/** What is to be sent, by whom it was written and after what. */
export type Wanted = Pick<Pending, 'conversationId' | 'kind' | 'body' | 'seenSeq'> & Partial<Pick<Pending, 'changedAfter'>>

/** The code of a reply that is held for its words. */
export const GUARDED = 'guardrail.held'

export function newPending(about: Wanted, at: number): Pending {
  return {
    changedAfter: [],
    ...about,
    clientKey: crypto.randomUUID(),
    confirmed: false,
    inSpite: null,
    state: 'queued',
    failure: '',
    fields: {},
    at: new Date(at).toISOString(),
  }
}

/** Notes do not wait for a held reply. */
export function laneOf(item: Pick<Pending, 'conversationId' | 'kind'>): string {
  return `${item.conversationId}/${item.kind}`
}

/** The one to send now in this lane: the first that is neither over nor refused, unless it must wait itself. */
export function nextToSend(queue: readonly Pending[], lane: string): Pending | undefined {
  const first = queue.find((item) => laneOf(item) === lane && item.state !== 'refused' && item.state !== 'sent')
  return first && (first.state === 'queued' || first.state === 'lost') ? first : undefined
}

/** What an answer makes of an item. */
export function settled(item: Pending, outcome: Outcome): Pending {
  switch (outcome.as) {
    case 'stored':
      return { ...item, state: 'sent', failure: '' }
    case 'lost':
      return { ...item, state: 'lost', failure: 'network' }
    case 'stale':
      return { ...item, state: 'held', failure: '' }
    case 'guarded':
      return { ...item, state: 'held', failure: GUARDED, fields: outcome.fields }
    case 'refused':
      return { ...item, state: 'refused', failure: outcome.code, fields: outcome.fields }
  }
}

/** Sent in spite of what has arrived; the same key, so that it cannot become two. */
export function confirmed(item: Pending, head: number): Pending {
  return { ...item, state: 'queued', confirmed: true, seenSeq: Math.max(item.seenSeq, head) }
}

/** Sent although its words were held; the same key, so that it cannot become two. */
export function inSpite(item: Pending, reason: GuardReason): Pending {
  return { ...item, state: 'queued', failure: '', inSpite: reason }
}

/** What a held reply was held for. */
export function heldFor(item: Pending): DraftKind[] {
  return item.failure === GUARDED ? (String(item.fields.kinds ?? '').split(',').filter(Boolean) as DraftKind[]) : []
}

export function retried(item: Pending): Pending {
  return { ...item, state: 'queued', failure: '' }
}

/** What a reload finds: an item that was being sent may or may not have arrived. */
export function restored(item: Pending): Pending {
  return item.state === 'sending' || item.state === 'queued' ? { ...item, state: 'lost', failure: 'network' } : item
}

/** Drops what has appeared on the timeline. */
export function withoutShown(queue: readonly Pending[], entries: readonly TimelineEntry[]): Pending[] {
  const shown = new Set(entries.map((entry) => entry.client_key))
  return queue.filter((item) => !shown.has(item.clientKey))
}

/** What the visitor has written that the writer of a held reply had not seen. */
export function missedBy(item: Pending, entries: readonly TimelineEntry[]): TimelineEntry[] {
  return entries.filter((entry) => entry.seq > item.seenSeq && entry.author === 'visitor')
}
