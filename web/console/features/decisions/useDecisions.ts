/** The matcher's decisions about one conversation: fetched when the panel opens and when the conversation has moved on. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import { fetchDecisions } from '../../api/panels'
import type { DecisionView } from '../../api/panels'

/** Several changes that belong together ask once. */
const PAUSE_MS = 400

export type FetchedDecisions = {
  phase: Ref<'loading' | 'ready' | 'failed'>
  decisions: ShallowRef<DecisionView[]>
  failure: ShallowRef<unknown>
  load: () => Promise<void>
}

export function useDecisions(conversationId: () => string, version: () => number): FetchedDecisions {
  const phase = ref<'loading' | 'ready' | 'failed'>('loading')
  const decisions = shallowRef<DecisionView[]>([])
  const failure = shallowRef<unknown>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = 0

  async function load(): Promise<void> {
    asked += 1
    const own = asked
    try {
      const answer = await fetchDecisions(conversationId())
      if (own !== asked) return
      decisions.value = [...answer.decisions].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
      phase.value = 'ready'
    } catch (error) {
      if (own !== asked) return
      failure.value = error
      phase.value = 'failed'
    }
  }

  watch(conversationId, () => {
    phase.value = 'loading'
    void load()
  }, { immediate: true })
  watch(version, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void load(), PAUSE_MS)
  })
  onScopeDispose(() => { clearTimeout(timer) })

  return { phase, decisions, failure, load }
}
