/** Who calls: asked for once per call, as soon as anything of it shows; the offer and the panel read the same answer.
 *  It is asked for again when the talk is called otherwise: somebody has found out who it is. */
import { computed, ref, shallowReactive, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { toast } from '@shared/ui'
import { tError } from '../../i18n'
import { useSummaries } from '../../stores'
import { fetchCaller } from './api'
import type { CallerView } from './api'

const KEPT = 20
type Answer = { caller: CallerView | null; failure: unknown }

const answers = shallowReactive(new Map<string, Answer>())

export type Caller = {
  caller: ComputedRef<CallerView | null>
  failure: ComputedRef<unknown>
  /** What is being said about who calls is on its way. */
  busy: Ref<boolean>
  load: () => Promise<void>
  /** Says something about who calls and shows the answer. */
  say: (asking: (conversationId: string) => Promise<CallerView>) => Promise<void>
}

export function useCaller(conversationId: () => string): Caller {
  const summaries = useSummaries()
  const busy = ref(false)

  async function load(): Promise<void> {
    const id = conversationId()
    const before = answers.get(id)
    try {
      keep(id, { caller: await fetchCaller(id), failure: null })
    } catch (error) {
      keep(id, { caller: before?.caller ?? null, failure: error })
    }
  }

  async function say(asking: (conversationId: string) => Promise<CallerView>): Promise<void> {
    if (busy.value) return
    const id = conversationId()
    busy.value = true
    try {
      keep(id, { caller: await asking(id), failure: null })
    } catch (error) {
      toast(tError(error), 'alarm')
      void load()
    } finally {
      busy.value = false
    }
  }

  watch(conversationId, (id) => { if (!answers.get(id)?.caller) void load() }, { immediate: true })
  watch(() => summaries.byId[conversationId()]?.title, (after, before) => { if (before !== undefined && after !== before) void load() })
  return {
    caller: computed(() => answers.get(conversationId())?.caller ?? null),
    failure: computed(() => answers.get(conversationId())?.failure ?? null),
    busy,
    load,
    say,
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
