/** Who calls: asked for once per call, as soon as anything of it shows; the offer and the panel read the same answer. */
import { computed, shallowReactive, watch } from 'vue'
import type { ComputedRef } from 'vue'
import { fetchCaller } from './api'
import type { CallerView } from './api'

const KEPT = 20
type Answer = { caller: CallerView | null; failure: unknown }

const answers = shallowReactive(new Map<string, Answer>())

export function useCaller(conversationId: () => string): { caller: ComputedRef<CallerView | null>; failure: ComputedRef<unknown>; load: () => Promise<void> } {
  async function load(): Promise<void> {
    const id = conversationId()
    const before = answers.get(id)
    try {
      keep(id, { caller: await fetchCaller(id), failure: null })
    } catch (error) {
      keep(id, { caller: before?.caller ?? null, failure: error })
    }
  }
  watch(conversationId, (id) => { if (!answers.get(id)?.caller) void load() }, { immediate: true })
  return {
    caller: computed(() => answers.get(conversationId())?.caller ?? null),
    failure: computed(() => answers.get(conversationId())?.failure ?? null),
    load,
  }
}

/** Nothing of a caller stays behind for the next person at this computer. */
export function forgetCallers(): void {
  answers.clear()
}

function keep(id: string, answer: Answer): void {
  answers.delete(id)
  answers.set(id, answer)
  const [oldest] = answers.keys()
  if (answers.size > KEPT && oldest !== undefined) answers.delete(oldest)
}
