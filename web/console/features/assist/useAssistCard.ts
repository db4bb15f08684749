/** The card of the request that is open: fetched when it opens and whenever it has moved on, live in between. */
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import type { ComputedRef, ShallowRef } from 'vue'
import { assistRequests, keepRequest } from '../../live/assist'
import { useSync } from '../../stores/sync'
import { fetchCard } from './api'
import type { AssistCard, AssistRequest } from './api'

/** Several changes that belong together ask once. */
const PAUSE_MS = 300

export type OpenCard = { conversationId: string; card: AssistCard | null; failure: unknown }

/** One conversation is open at a time; its bar fetches, its panel reads the same. */
const opened = shallowRef<OpenCard>({ conversationId: '', card: null, failure: null })

export type ReadCard = {
  card: ComputedRef<AssistCard | null>
  /** The newest that is known of the request itself. */
  request: ComputedRef<AssistRequest | null>
  failure: ComputedRef<unknown>
}

export function readCard(conversationId: () => string): ReadCard {
  const own = computed(() => (opened.value.conversationId === conversationId() ? opened.value : null))
  const card = computed(() => own.value?.card ?? null)
  return {
    card,
    request: computed(() => newest(card.value?.request, assistRequests.get(conversationId()))),
    failure: computed(() => own.value?.failure ?? null),
  }
}

/** `version` is the conversation's: guardians, visit and earlier requests are only on the card itself. */
export function useAssistCard(conversationId: () => string, version: () => number): ReadCard & { load: () => Promise<void> } {
  const sync = useSync()
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = 0

  async function load(): Promise<void> {
    const id = conversationId()
    asked += 1
    const own = asked
    try {
      const card = await fetchCard(id)
      if (own !== asked) return
      keepRequest(card.request)
      opened.value = { conversationId: id, card, failure: null }
    } catch (error) {
      // What is known stays on the screen beside the trouble.
      if (own === asked) opened.value = { conversationId: id, card: cardOf(opened, id), failure: error }
    }
  }

  function soon(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void load(), PAUSE_MS)
  }

  watch(conversationId, () => void load(), { immediate: true })
  watch(version, soon)
  watch(() => sync.isLive, (live) => { if (live) soon() })
  onScopeDispose(() => { clearTimeout(timer) })

  return { ...readCard(conversationId), load }
}

function cardOf(from: ShallowRef<OpenCard>, id: string): AssistCard | null {
  return from.value.conversationId === id ? from.value.card : null
}

function newest(fetched: AssistRequest | undefined, told: AssistRequest | undefined): AssistRequest | null {
  if (!fetched || !told) return fetched ?? told ?? null
  return told.version > fetched.version ? told : fetched
}
