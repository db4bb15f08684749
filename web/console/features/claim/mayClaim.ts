/** Whether somebody who waits may be taken before their turn; the server has the last word. A call is not taken by hand:
 *  it rings at whoever's turn it is. */
import type { AgentView, ConversationSummary } from '../../api/types'

export const SHORTEST_REASON = 2

export function mayClaim(conversation: ConversationSummary, me: AgentView | undefined, allowed: boolean): boolean {
  if (!allowed || !me || conversation.status !== 'waiting' || conversation.channel === 'hotline' || conversation.queue_id === null) return false
  return me.queue_ids.includes(conversation.queue_id)
}
