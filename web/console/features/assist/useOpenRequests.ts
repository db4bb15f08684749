/** The open requests of the whole desk: fetched once and after every gap, live in between. */
import { computed, onMounted, onScopeDispose, ref, watch } from 'vue'
import type { ComputedRef } from 'vue'
import { useNow } from '@shared/now'
import { assistRequests, keepRequest } from '../../live/assist'
import { useSync } from '../../stores/sync'
import { fetchOpen } from './api'
import type { AssistRequest } from './api'
import { lateFirst } from './clocks'

const AGAIN_MS = 5000

export function useOpenRequests(): { open: ComputedRef<AssistRequest[]>; failed: ComputedRef<boolean> } {
  const sync = useSync()
  const now = useNow()
  const failed = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let gone = false

  async function load(): Promise<void> {
    clearTimeout(timer)
    try {
      const { requests } = await fetchOpen()
      failed.value = false
      forgetEnded(new Set(requests.map((one) => one.conversation_id)))
      for (const one of requests) keepRequest(one)
    } catch {
      failed.value = true
      if (!gone) timer = setTimeout(() => void load(), AGAIN_MS)
    }
  }

  onMounted(() => void load())
  watch(() => sync.isLive, (live) => { if (live) void load() })
  onScopeDispose(() => { gone = true; clearTimeout(timer) })

  return {
    open: computed(() => lateFirst([...assistRequests.values()].filter((one) => one.ended_at === null), now.value)),
    failed: computed(() => failed.value),
  }
}

/** What ended while the line was down was told to nobody here. */
function forgetEnded(open: ReadonlySet<string>): void {
  for (const [id, request] of assistRequests) {
    if (request.ended_at === null && !open.has(id)) assistRequests.delete(id)
  }
}
