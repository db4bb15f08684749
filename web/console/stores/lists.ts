/** Which conversations stand on which list, and in which order. Pure. */
import type { AgentView, ConversationSummary, QueueState } from '../api/types'
import { owedSince } from '../features/lists/limits'

export type ListName = 'mine' | 'waiting' | 'closed'
export const LISTS: readonly ListName[] = ['mine', 'waiting', 'closed']

/** `arrival` keeps every row where it is; `reply` puts who has waited longest for an answer first. */
export type MineOrder = 'arrival' | 'reply'

type Summaries = Readonly<Record<string, ConversationSummary>>

export function mineOf(byId: Summaries, staffId: string, order: MineOrder): ConversationSummary[] {
  const mine = Object.values(byId).filter((one) => one.status === 'active' && one.assignee_id === staffId)
  return mine.sort(order === 'reply' ? byWaitingReply : byArrival)
}

/** The queues whose line I see: my own, and with an eye on the floor those that I reach, `null` being all of them. Of others I may have heard, and no more. */
export function servedOf(
  queues: Readonly<Record<string, QueueState>>,
  me: AgentView | undefined,
  floor: readonly string[] | null,
): Record<string, QueueState> {
  return Object.fromEntries(Object.entries(queues).filter(([id]) => reaches(floor, id) || me?.queue_ids.includes(id)))
}

/** Whether talks of a queue are mine to see; those of no queue yet are the whole house's. */
export function reaches(floor: readonly string[] | null, queueId: string | null): boolean {
  return floor === null || (queueId !== null && floor.includes(queueId))
}

/** Waiting in the queues that I serve, in the order in which they will be offered. */
export function waitingOf(byId: Summaries, queues: Readonly<Record<string, QueueState>>): ConversationSummary[] {
  return Object.values(byId)
    .filter((one) => isWaiting(one) && one.queue_id !== null && one.queue_id in queues)
    .sort((a, b) => b.priority - a.priority || byArrival(a, b))
}

export function closedOf(byId: Summaries, ids: readonly string[]): ConversationSummary[] {
  return ids
    .map((id) => byId[id])
    .filter((one): one is ConversationSummary => one?.status === 'closed')
    .sort((a, b) => time(b.closed_at) - time(a.closed_at))
}

export function isWaiting(one: ConversationSummary): boolean {
  return one.status === 'waiting' || one.status === 'message'
}

function byArrival(a: ConversationSummary, b: ConversationSummary): number {
  return time(a.arrived_at ?? a.created_at) - time(b.arrived_at ?? b.created_at) || a.number.localeCompare(b.number)
}

function byWaitingReply(a: ConversationSummary, b: ConversationSummary): number {
  const [owedA, owedB] = [owedSince(a), owedSince(b)]
  if (owedA && owedB) return time(owedA) - time(owedB) || byArrival(a, b)
  if (owedA || owedB) return owedA ? -1 : 1
  return byArrival(a, b)
}

function time(at: string | null): number {
  return at ? Date.parse(at) : 0
}
