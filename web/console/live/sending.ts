/** Takes replies and notes to the server, one after the other in each lane, and again after the line was gone. */
import * as api from '../api'
import type { Appended, GuardReason } from '../api/types'
import { serverNow } from '@shared/now'
import { useTimelines } from '../stores'
import { usePending } from '../stores/pending'
import { useSync } from '../stores/sync'
import { deliverEntry, deliverSummary, fetchMissing } from './desk'
import { GUARDED, confirmed, inSpite, laneOf, newPending, nextToSend, retried, settled, withoutShown } from './pending'
import type { Outcome, Pending, Wanted } from './pending'

/** A request that failed while the line stands is tried again without being asked. */
const RETRY_MS = 4000

const pumping = new Set<string>()

/** Queues a reply or note and sends it as soon as those before it are through. */
export function send(about: Wanted): Pending {
  const item = newPending(about, serverNow())
  usePending().put(item)
  void pump(laneOf(item))
  return item
}

/** Sends a held reply in spite of what has arrived. */
export function sendAnyway(item: Pending): void {
  const head = useTimelines().of(item.conversationId)?.head ?? item.seenSeq
  resume(confirmed(item, head))
}

/** Sends a reply in spite of what was found in its words, with a reason. */
export function sendInSpite(item: Pending, reason: GuardReason): void {
  resume(inSpite(item, reason))
}

/** Sends once more what was refused or lost. */
export function sendAgain(item: Pending): void {
  resume(retried(item))
}

/** Takes an item out of the queue: its text goes back to the composer, or nowhere. */
export function takeBack(item: Pending): void {
  usePending().drop(item.clientKey)
  void pump(laneOf(item))
}

/** Sends everything that waits; called when the line stands again. */
export async function sendPending(): Promise<void> {
  const lanes = new Set(usePending().queue.map(laneOf))
  await Promise.all(Array.from(lanes, pump))
}

function resume(item: Pending): void {
  usePending().put(item)
  void pump(laneOf(item))
}

async function pump(lane: string): Promise<void> {
  if (pumping.has(lane)) return
  pumping.add(lane)
  try {
    for (let item = nextToSend(usePending().queue, lane); item; item = nextToSend(usePending().queue, lane)) {
      const outcome = await tryOnce(item)
      if (outcome.as === 'lost') {
        retryLater(lane)
        return
      }
    }
  } finally {
    pumping.delete(lane)
  }
}

/** Without a line the next connection does it. */
function retryLater(lane: string): void {
  setTimeout(() => {
    if (useSync().isLive) void pump(lane)
  }, RETRY_MS)
}

async function tryOnce(item: Pending): Promise<Outcome> {
  const pending = usePending()
  pending.put({ ...item, state: 'sending' })
  const outcome = await attempt(item)
  pending.put(settled(item, outcome))
  if (outcome.as === 'stale') void fetchMissing(item.conversationId)
  if (outcome.as === 'stored') clearShown(item.conversationId)
  return outcome
}

async function attempt(item: Pending): Promise<Outcome> {
  try {
    const answer = await post(item)
    deliverEntry(answer.entry)
    deliverSummary(answer.conversation)
    return { as: 'stored' }
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error
    if (error.mayHaveBeenLost || error.status === 401) return { as: 'lost' }
    if (error.code === 'conversation.stale_view') return { as: 'stale' }
    if (error.code === GUARDED) return { as: 'guarded', fields: error.fields }
    return { as: 'refused', code: error.code, fields: error.fields }
  }
}

function post(item: Pending): Promise<Appended> {
  const { clientKey: client_key, conversationId, body, seenSeq: seen_seq } = item
  // What was kept in this browser before there were guardrails lacks both.
  const { inSpite: in_spite = null, changedAfter = [] } = item as Partial<Pending>
  if (item.kind === 'reply') return api.postReply(conversationId, { client_key, body, seen_seq, confirmed: item.confirmed, in_spite, changed_after: [...changedAfter] })
  return api.postNote(conversationId, { client_key, text: body.kind === 'text' ? body.text : '' })
}

/** Forgets items that stand on the timeline; those of a timeline that is not open are forgotten at once. */
export function clearShown(conversationId: string): void {
  const pending = usePending()
  const timeline = useTimelines().of(conversationId)
  const own = pending.of(conversationId)
  const left = new Set(timeline ? withoutShown(own, timeline.entries) : own.filter((item) => item.state !== 'sent'))
  for (const item of own) if (!left.has(item)) pending.drop(item.clientKey)
}
