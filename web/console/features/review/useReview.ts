/** The review list: groups of one state, the opened one, which of its questions are ticked, and what was just closed. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { setServerTime } from '@shared/now'
import { toast } from '@shared/ui'
import { t, tError } from '../../i18n'
import { collectNow, dismiss, fetchCluster, fetchClusters, reopen } from './api'
import type { ClusterLine, ClusterState, ClusterView, Dismissal, ReviewList } from './api'

const LOOK_AGAIN_MS = 1500

export type Review = {
  state: Ref<ClusterState>
  list: Ref<ReviewList | null>
  failure: Ref<unknown>
  clusters: ComputedRef<ClusterLine[]>
  openId: Ref<string | null>
  view: Ref<ClusterView | null>
  ticked: Ref<Set<string>>
  tickedIds: ComputedRef<string[]>
  last: Ref<ClusterLine | null>
  busy: Ref<boolean>
  open: (id: string | null) => Promise<void>
  move: (step: number) => Promise<void>
  tick: (id: string) => void
  tickAll: () => void
  collect: () => Promise<void>
  close: (outcome: Dismissal) => Promise<void>
  bringBack: (id: string) => Promise<void>
  decide: (what: () => Promise<unknown>, words: string) => Promise<void>
  reload: () => Promise<void>
}

export function useReview(): Review {
  const state = ref<ClusterState>('open')
  const list = ref<ReviewList | null>(null)
  const failure = ref<unknown>(null)
  const openId = ref<string | null>(null)
  const view = ref<ClusterView | null>(null)
  const ticked = ref(new Set<string>())
  const last = ref<ClusterLine | null>(null)
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  const clusters = computed(() => list.value?.clusters ?? [])
  const tickedIds = computed(() => [...ticked.value])

  async function reload(): Promise<void> {
    clearTimeout(timer)
    try {
      const asked = state.value
      const found = await fetchClusters(asked)
      if (asked !== state.value) return
      list.value = found
      setServerTime(found.now)
      failure.value = null
      if (found.collecting) timer = setTimeout(() => void reload(), LOOK_AGAIN_MS)
    } catch (error) {
      failure.value = error
    }
  }

  async function open(id: string | null): Promise<void> {
    openId.value = id
    if (id === null) {
      view.value = null
      return
    }
    try {
      const found = await fetchCluster(id)
      if (openId.value !== id) return
      view.value = found
      ticked.value = new Set(found.questions.filter((one) => one.settled_as === '').map((one) => one.id))
    } catch (error) {
      toast(tError(error), 'alarm')
      await Promise.all([reload(), open(null)])
    }
  }

  async function move(step: number): Promise<void> {
    const at = clusters.value.findIndex((one) => one.id === openId.value)
    const next = clusters.value[Math.max(0, Math.min(clusters.value.length - 1, at + step))]
    if (next && next.id !== openId.value) await open(next.id)
  }

  function tick(id: string): void {
    const now = new Set(ticked.value)
    if (!now.delete(id)) now.add(id)
    ticked.value = now
  }

  function tickAll(): void {
    const all = (view.value?.questions ?? []).filter((one) => one.settled_as === '').map((one) => one.id)
    ticked.value = ticked.value.size === all.length ? new Set() : new Set(all)
  }

  /** Does something with the opened group; when that was the last of it, the next group is opened. */
  async function decide(what: () => Promise<unknown>, words: string): Promise<void> {
    const was = view.value?.cluster
    if (!was || busy.value) return
    busy.value = true
    try {
      const place = clusters.value.findIndex((one) => one.id === was.id)
      await what()
      toast(words)
      await reload()
      const stays = clusters.value.some((one) => one.id === was.id)
      last.value = stays ? null : was
      await open(stays ? was.id : (clusters.value[place] ?? clusters.value[place - 1])?.id ?? null)
    } catch (error) {
      toast(tError(error), 'alarm')
    } finally {
      busy.value = false
    }
  }

  async function close(outcome: Dismissal): Promise<void> {
    const id = openId.value
    if (id) await decide(() => dismiss(id, outcome), t(outcome === 'done' ? 'review.closed_done' : 'review.closed_not_ours'))
  }

  async function bringBack(id: string): Promise<void> {
    try {
      await reopen(id)
      last.value = null
      toast(t('review.brought_back'))
      state.value = 'open'
      await reload()
      await open(id)
    } catch (error) {
      toast(tError(error), 'alarm')
    }
  }

  async function collect(): Promise<void> {
    try {
      await collectNow()
      await reload()
    } catch (error) {
      toast(tError(error), 'alarm')
    }
  }

  watch(state, () => {
    list.value = null
    void open(null)
    void reload()
  })
  onScopeDispose(() => { clearTimeout(timer) })
  void reload()

  return {
    state, list, failure, clusters, openId, view, ticked, tickedIds, last, busy,
    open, move, tick, tickAll, collect, close, bringBack, decide, reload,
  }
}
