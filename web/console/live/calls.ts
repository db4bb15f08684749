/** Calls as the live line last told of them; whoever shows one reads here, newer than what was fetched. */
import { shallowReactive } from 'vue'
import type { CallView } from '../api/types'

const KEPT = 200

/** By conversation. */
export const calls = shallowReactive(new Map<string, CallView>())

/** Takes a call unless what is known is newer; the oldest ones are forgotten. */
export function keepCall(call: CallView): void {
  const known = calls.get(call.conversation_id)
  if (known && known.id === call.id && call.version < known.version) return
  calls.delete(call.conversation_id)
  calls.set(call.conversation_id, call)
  const [oldest] = calls.keys()
  if (calls.size > KEPT && oldest !== undefined) calls.delete(oldest)
}

export function forgetCalls(): void {
  calls.clear()
}
