/** The sandbox's runs: the list, the opened one, and looking again while one is under way. */
import { computed, onScopeDispose, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { toast } from '@shared/ui'
import { t, tError } from '../../i18n'
import { cancelRun, fetchPolicies, fetchRun, fetchRuns, startRun } from './api'
import type { PolicyVersion, QueueName, RunLine, RunRequest, RunView } from './api'

const LOOK_AGAIN_MS = 700

export type Sandbox = {
  runs: Ref<RunLine[] | null>
  queues: Ref<QueueName[]>
  policies: Ref<PolicyVersion[]>
  openId: Ref<string | null>
  view: Ref<RunView | null>
  failure: Ref<string>
  refusal: Ref<string>
  busy: Ref<boolean>
  running: ComputedRef<boolean>
  load: () => Promise<void>
  open: (id: string) => Promise<void>
  start: (wanted: RunRequest) => Promise<void>
  cancel: (id: string) => Promise<void>
}

const isUnderWay = (line: RunLine): boolean => line.state === 'waiting' || line.state === 'running'

export function useSandbox(): Sandbox {
  const runs = ref<RunLine[] | null>(null)
  const queues = ref<QueueName[]>([])
  const policies = ref<PolicyVersion[]>([])
  const openId = ref<string | null>(null)
  const view = ref<RunView | null>(null)
  const failure = ref('')
  const refusal = ref('')
  const busy = ref(false)
  const running = computed(() => (runs.value ?? []).some(isUnderWay))
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    clearTimeout(timer)
    try {
      const found = await fetchRuns()
      const wasUnderWay = view.value !== null && isUnderWay(view.value.line)
      runs.value = found.runs
      queues.value = found.queues
      failure.value = ''
      const newest = found.runs[0]
      if (openId.value === null && newest) await open(newest.id)
      else if (openId.value !== null && wasUnderWay) await open(openId.value)
      if (running.value) timer = setTimeout(() => void load(), LOOK_AGAIN_MS)
    } catch (error) {
      failure.value = tError(error)
    }
  }

  async function open(id: string): Promise<void> {
    openId.value = id
    const found = await fetchRun(id)
    if (openId.value === id) view.value = found
  }

  async function start(wanted: RunRequest): Promise<void> {
    busy.value = true
    refusal.value = ''
    try {
      view.value = await startRun(wanted)
      openId.value = view.value.line.id
      await load()
    } catch (error) {
      refusal.value = tError(error)
    } finally {
      busy.value = false
    }
  }

  async function cancel(id: string): Promise<void> {
    try {
      await cancelRun(id)
      toast(t('sandbox.cancelled_now'))
    } catch (error) {
      toast(tError(error), 'alarm')
    }
    await load()
    await open(id)
  }

  void fetchPolicies().then((found) => { policies.value = found }, () => { policies.value = [] })
  onScopeDispose(() => { clearTimeout(timer) })
  return { runs, queues, policies, openId, view, failure, refusal, busy, running, load, open, start, cancel }
}
