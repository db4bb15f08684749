/** Whether a conversation is a colleague's request: nobody must take the doctor who asks for a parent. */
import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import { useSummaries } from '../../stores'

export function useIsAssist(conversationId: () => string): ComputedRef<boolean> {
  const summaries = useSummaries()
  return computed(() => summaries.byId[conversationId()]?.channel === 'assist')
}
