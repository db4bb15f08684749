/** Evaluations: the newest ones, the shown one, and starting another. */
import { onScopeDispose, ref } from 'vue'
import type { Ref } from 'vue'
import { toast } from '@shared/ui'
import { tError } from '../../i18n'
import { askEvaluation, fetchEvaluation, fetchEvaluations } from './api'
import type { EvaluationList, EvaluationView, Source } from './api'

const LOOK_AGAIN_MS = 2000

export type Evaluations = {
  list: Ref<EvaluationList | null>
  view: Ref<EvaluationView | null>
  failure: Ref<unknown>
  show: (id: string) => Promise<void>
  start: (source: Source, file?: File) => Promise<void>
  load: () => Promise<void>
}

export function useEvaluations(): Evaluations {
  const list = ref<EvaluationList | null>(null)
  const view = ref<EvaluationView | null>(null)
  const failure = ref<unknown>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  async function show(id: string): Promise<void> {
    clearTimeout(timer)
    try {
      view.value = await fetchEvaluation(id)
      if (view.value.line.state === 'waiting') timer = setTimeout(() => void again(id), LOOK_AGAIN_MS)
    } catch (error) {
      toast(tError(error), 'alarm')
    }
  }

  async function again(id: string): Promise<void> {
    await show(id)
    if (view.value?.line.state !== 'waiting') list.value = await fetchEvaluations().catch(() => list.value)
  }

  async function load(): Promise<void> {
    try {
      list.value = await fetchEvaluations()
      failure.value = null
      const newest = list.value.evaluations[0]
      if (newest) await show(newest.id)
    } catch (error) {
      failure.value = error
    }
  }

  async function start(source: Source, file?: File): Promise<void> {
    try {
      const asked = await askEvaluation(source, file?.name.slice(0, 120) ?? '', file ? await file.text() : '')
      list.value = await fetchEvaluations()
      await show(asked.line.id)
    } catch (error) {
      toast(tError(error), 'alarm')
    }
  }

  onScopeDispose(() => { clearTimeout(timer) })
  void load()
  return { list, view, failure, show, start, load }
}
