/** The talk of one request while its sheet is open: read again whenever it has grown, and noted as read. */
import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import * as api from './api'
import { ApiError } from './api'
import type { Message } from './api'
import type { Item } from './outbox'
import type { AssistRequest } from './requests'
import { useRequestDesk } from './useRequests'

export type Talk = {
  request: ComputedRef<AssistRequest | undefined>
  messages: ShallowRef<readonly Message[]>
  /** What was written and has not arrived. */
  unsent: ComputedRef<Item[]>
  loaded: Ref<boolean>
  failure: ShallowRef<ApiError | null>
  load: () => Promise<void>
}

export function useTalk(id: string): Talk {
  const desk = useRequestDesk()
  const messages = shallowRef<readonly Message[]>([])
  const loaded = ref(false)
  const failure = shallowRef<ApiError | null>(null)
  const request = computed(() => desk.requests.value[id])

  async function load(): Promise<void> {
    try {
      const talk = await api.fetchTalk(id)
      desk.take(talk.request)
      // Two answers may overtake each other; the longer talk is the later one.
      if (talk.messages.length >= messages.value.length) messages.value = talk.messages
      loaded.value = true
      failure.value = null
      await noteRead()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      failure.value = error
    }
  }

  async function noteRead(): Promise<void> {
    const last = messages.value.at(-1)
    if (!last || document.hidden || !request.value || request.value.unread === 0) return
    await api.markRead(id, last.seq)
  }

  function onReturn(): void {
    if (!document.hidden) void load()
  }

  watch(() => request.value?.head, (now, before) => { if (before !== undefined && now !== before) void load() })
  watch(() => desk.line.value, (now) => { if (now === 'live') void load() })
  onMounted(() => {
    document.addEventListener('visibilitychange', onReturn)
    void load()
  })
  onBeforeUnmount(() => { document.removeEventListener('visibilitychange', onReturn) })

  const unsent = computed(() => desk.items.value.filter(({ what }) => what.kind === 'say' && what.requestId === id))
  return { request, messages, unsent, loaded, failure, load }
}
