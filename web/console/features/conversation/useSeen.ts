/** How far the agent has really seen: what stood at the end of a visible page for a moment, not what has just arrived. */
import { onBeforeUnmount, ref, watch } from 'vue'
import type { Ref } from 'vue'
import { markSeen } from '../../api'

/** Less than this nobody has read; a reply sent within it is held, should the visitor have written meanwhile. */
export const DWELL_MS = 600

export function useSeen(about: {
  conversationId: string
  /** What was read before, when the conversation is opened. */
  from: number
  head: () => number
  atEnd: Readonly<Ref<boolean>>
  /** Only the owner's reading is told to the visitor. */
  isMine: () => boolean
}): Readonly<Ref<number>> {
  const seen = ref(about.from)
  let told = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function consider(): void {
    clearTimeout(timer)
    const head = about.head()
    if (head <= told || !about.atEnd.value || document.visibilityState !== 'visible') return
    timer = setTimeout(() => {
      seen.value = told = head
      // Not telling is no harm: the next message or visit tells again.
      if (about.isMine()) markSeen(about.conversationId, head).catch(() => undefined)
    }, DWELL_MS)
  }

  watch([about.head, about.atEnd, about.isMine], consider, { immediate: true })
  document.addEventListener('visibilitychange', consider)
  onBeforeUnmount(() => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', consider)
  })
  return seen
}
