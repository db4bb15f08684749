/** Advice about the entry in the form, asked for anew after every pause in the writing. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import { fetchAdvice } from './api'
import type { Advice, EntryForm } from './api'
import { tidy } from './form'

const PAUSE_MS = 900

export type LiveAdvice = { advice: ShallowRef<Advice | null>; phase: Ref<'idle' | 'asking' | 'ready' | 'failed'> }

export function useAdvice(id: () => string, form: () => EntryForm | null): LiveAdvice {
  const advice = shallowRef<Advice | null>(null)
  const phase = ref<'idle' | 'asking' | 'ready' | 'failed'>('idle')
  let timer: ReturnType<typeof setTimeout> | undefined
  let newest = 0

  async function ask(): Promise<void> {
    const content = form()
    if (content === null || content.question.trim() === '') { phase.value = 'idle'; advice.value = null; return }
    const own = ++newest
    phase.value = 'asking'
    try {
      const found = await fetchAdvice(id(), tidy(content))
      if (own !== newest) return
      advice.value = found
      phase.value = 'ready'
    } catch {
      if (own === newest) phase.value = 'failed'
    }
  }

  watch(() => [id(), JSON.stringify(form())], ([now], before) => {
    clearTimeout(timer)
    if (now !== before[0]) advice.value = null
    timer = setTimeout(() => void ask(), now === before[0] ? PAUSE_MS : 0)
  })
  onScopeDispose(() => { clearTimeout(timer); newest += 1 })
  return { advice, phase }
}
