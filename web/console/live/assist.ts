/** Doctors' requests as the live line last told of them; whoever shows one reads here, newer than what was fetched. */
import { shallowReactive } from 'vue'
import type { AssistChanged } from '../api/types'

type Request = AssistChanged['request']

const KEPT = 200

/** By conversation. */
export const assistRequests = shallowReactive(new Map<string, Request>())

/** Takes a request unless what is known is as new; the oldest ones are forgotten. */
export function keepRequest(request: Request): void {
  const known = assistRequests.get(request.conversation_id)
  if (known && request.version <= known.version) return
  assistRequests.delete(request.conversation_id)
  assistRequests.set(request.conversation_id, request)
  const [oldest] = assistRequests.keys()
  if (assistRequests.size > KEPT && oldest !== undefined) assistRequests.delete(oldest)
}

/** Drops a request that is no longer mine to see. */
export function forgetRequest(conversationId: string): void {
  assistRequests.delete(conversationId)
}

export function forgetRequests(): void {
  assistRequests.clear()
}
