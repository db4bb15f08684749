/** The call of the conversation that is open: fetched when it opens, live in between; and what is asked of it. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { toast } from '@shared/ui'
import { tError } from '../../i18n'
import { calls, keepCall } from '../../live/calls'
import { useSync } from '../../stores/sync'
import { ask, fetchCall } from './api'
import type { CallView, Deed } from './api'

export type OpenCall = {
  call: ComputedRef<CallView | null>
  failure: Ref<unknown>
  /** The deed whose answer is on its way. */
  busy: Ref<string>
  load: () => Promise<void>
  /** Asks for a deed; what comes of it is told by the telephone system, not by the answer. */
  act: (deed: Deed) => Promise<void>
}

export function useCall(conversationId: () => string): OpenCall {
  const sync = useSync()
  const failure = ref<unknown>(null)
  const busy = ref('')
  let alive = true

  async function load(): Promise<void> {
    const id = conversationId()
    try {
      const call = await fetchCall(id)
      if (alive) keepCall(call)
      failure.value = null
    } catch (error) {
      if (alive && id === conversationId()) failure.value = error
    }
  }

  async function act(deed: Deed): Promise<void> {
    if (busy.value) return
    busy.value = deed
    try {
      keepCall(await ask(conversationId(), deed))
    } catch (error) {
      toast(tError(error), 'alarm')
      void load()
    } finally {
      busy.value = ''
    }
  }

  watch(conversationId, () => void load(), { immediate: true })
  watch(() => sync.isLive, (live) => { if (live) void load() })
  onScopeDispose(() => { alive = false })
  return { call: computed(() => calls.get(conversationId()) ?? null), failure, busy, load, act }
}
