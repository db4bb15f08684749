/** Searches while somebody types: waits for a pause, gives up the request before, and never shows an older answer. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'

export const PAUSE_MS = 250

/** `failed` keeps the last answer on the screen; `idle` is before anything was asked. */
export type SearchPhase = 'idle' | 'searching' | 'ready' | 'failed'

export type LiveSearch<Answer> = {
  phase: Ref<SearchPhase>
  answer: ShallowRef<Answer | null>
  failure: ShallowRef<unknown>
  /** Asks the same once more, at once. */
  again: () => void
}

/** Asks whenever the question changes; a question that is null is none. */
export function useLiveSearch<Question, Answer>(
  question: () => Question | null,
  ask: (question: Question, signal: AbortSignal) => Promise<Answer>,
): LiveSearch<Answer> {
  const phase = ref<SearchPhase>('idle')
  const answer = shallowRef<Answer | null>(null)
  const failure = shallowRef<unknown>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: AbortController | null = null

  function giveUp(): void {
    clearTimeout(timer)
    running?.abort()
    running = null
  }

  async function run(asked: Question): Promise<void> {
    const own = new AbortController()
    running = own
    try {
      const found = await ask(asked, own.signal)
      if (own.signal.aborted) return
      answer.value = found
      phase.value = 'ready'
    } catch (error) {
      if (own.signal.aborted) return
      failure.value = error
      phase.value = 'failed'
    }
  }

  function start(pauseMs: number): void {
    giveUp()
    const asked = question()
    if (asked === null) {
      answer.value = null
      phase.value = 'idle'
      return
    }
    phase.value = 'searching'
    timer = setTimeout(() => void run(asked), pauseMs)
  }

  watch(() => JSON.stringify(question()), () => { start(PAUSE_MS) })
  if (question() !== null) start(0)
  onScopeDispose(giveUp)

  return { phase, answer, failure, again: () => { start(0) } }
}
