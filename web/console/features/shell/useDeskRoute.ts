/** Where the desk stands: which list, which conversation. The address is the truth, so that a reload comes back here. */
import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { LISTS } from '../../stores/lists'
import type { ListName } from '../../stores/lists'

export type DeskRoute = {
  list: ComputedRef<ListName>
  conversationId: ComputedRef<string | null>
  show: (list: ListName, conversationId?: string | null) => Promise<void>
}

export function useDeskRoute(): DeskRoute {
  const route = useRoute()
  const router = useRouter()
  return {
    list: computed(() => LISTS.find((name) => name === route.params.list) ?? 'mine'),
    conversationId: computed(() => (typeof route.params.conversationId === 'string' && route.params.conversationId) || null),
    show: async (list, conversationId) => {
      await router.push({ name: 'desk', params: { list, conversationId: conversationId ?? undefined } })
    },
  }
}
