/** Evaluations: the newest ones, the shown one or the newest of each kind side by side, and starting another. */
import { computed, onScopeDispose, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { setServerTime } from '@shared/now'
import { toast } from '@shared/ui'
import { tError } from '../../i18n'
import { askEvaluation, fetchEvaluation, fetchEvaluations } from './api'
import type { EvaluationLine, EvaluationList, EvaluationView, Source } from './api'

const LOOK_AGAIN_MS = 1500

export type Evaluations = {
  list: Ref<EvaluationList | null>
  view: Ref<EvaluationView | null>
  /** What stands side by side; nothing while one is looked at alone. */
  compared: Ref<EvaluationView[] | null>
  comparable: ComputedRef<EvaluationLine[]>
  failure: Ref<unknown>
  show: (id: string) => Promise<void>
  compare: () => Promise<void>
  start: (source: Source, file?: File) => Promise<void>
  load: () => Promise<void>
}

/** The newest finished evaluation of each kind that every desk has, in the order in which they are compared. */
export function newestOfEach(evaluations: readonly EvaluationLine[]): EvaluationLine[] {
  return ['judged', 'base', 'public'].flatMap((source) => evaluations.find((one) => one.source === source && one.state === 'done') ?? [])
}

export function useEvaluations(): Evaluations {
  const list = ref<EvaluationList | null>(null)
  const view = ref<EvaluationView | null>(null)
  const compared = ref<EvaluationView[] | null>(null)
  const failure = ref<unknown>(null)
  const comparable = computed(() => newestOfEach(list.value?.evaluations ?? []))
  let timer: ReturnType<typeof setTimeout> | undefined

  async function told(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      toast(tError(error), 'alarm')
    }
  }

  async function look(id: string): Promise<void> {
    clearTimeout(timer)
    view.value = await fetchEvaluation(id)
    if (view.value.line.state === 'waiting') timer = setTimeout(() => void again(id), LOOK_AGAIN_MS)
  }

  async function again(id: string): Promise<void> {
    await look(id).catch(() => { timer = setTimeout(() => void again(id), LOOK_AGAIN_MS * 3) })
    if (view.value?.line.state !== 'waiting') list.value = await fetchEvaluations().catch(() => list.value)
  }

  async function putSideBySide(): Promise<void> {
    clearTimeout(timer)
    compared.value = await Promise.all(comparable.value.map((one) => fetchEvaluation(one.id)))
  }

  async function load(): Promise<void> {
    try {
      list.value = await fetchEvaluations()
      setServerTime(list.value.now)
      failure.value = null
      const newest = list.value.evaluations[0]
      if (newest?.state !== 'waiting' && comparable.value.length > 1) await putSideBySide()
      else if (newest) await look(newest.id)
    } catch (error) {
      failure.value = error
    }
  }

  onScopeDispose(() => { clearTimeout(timer) })
  void load()
  return {
    list, view, compared, comparable, failure, load,
    show: (id) => told(async () => {
      await look(id)
      compared.value = null
    }),
    compare: () => told(putSideBySide),
    start: (source, file) => told(async () => {
      const asked = await askEvaluation(source, file?.name.slice(0, 120) ?? '', file ? await file.text() : '')
      list.value = await fetchEvaluations()
      await look(asked.line.id)
      compared.value = null
    }),
  }
}
