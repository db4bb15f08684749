/** The list of entries: what is sought, pages as they are needed, and what is ticked. */
import { computed, onScopeDispose, reactive, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { setServerTime } from '@shared/now'
import { fetchEntries, fetchTally } from './api'
import type { Chosen, EntryRow, Sought, Tally } from './api'

const PAUSE_MS = 220

export type ListPhase = 'loading' | 'ready' | 'failed'

export type KnowledgeList = {
  sought: Sought
  phase: Ref<ListPhase>
  failure: Ref<unknown>
  rows: Ref<EntryRow[]>
  total: Ref<number>
  tally: Ref<Tally | null>
  ticked: ComputedRef<EntryRow[]>
  isTicked: (id: string) => boolean
  tick: (id: string) => void
  tickAll: () => void
  chosen: ComputedRef<Chosen[]>
  more: () => Promise<void>
  reload: () => Promise<void>
}

export function useEntryList(): KnowledgeList {
  const sought = reactive<Sought>({ q: '', stage: '', category: '', due: '' })
  const phase = ref<ListPhase>('loading')
  const failure = ref<unknown>(null)
  const rows = ref<EntryRow[]>([])
  const total = ref(0)
  const tally = ref<Tally | null>(null)
  const marks = ref(new Set<string>())
  let running: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(offset: number): Promise<void> {
    running?.abort()
    const own = new AbortController()
    running = own
    try {
      const found = await fetchEntries({ ...sought }, offset, own.signal)
      if (own.signal.aborted) return
      rows.value = offset === 0 ? found.entries : [...rows.value, ...found.entries]
      total.value = found.total
      phase.value = 'ready'
    } catch (error) {
      if (own.signal.aborted) return
      failure.value = error
      phase.value = 'failed'
    }
  }

  async function reload(): Promise<void> {
    const counted = fetchTally().then(takeTally, () => undefined)
    await Promise.all([load(0), counted])
    const here = new Set(rows.value.map((row) => row.id))
    marks.value = new Set([...marks.value].filter((id) => here.has(id)))
  }

  /** This computer's clock may be wrong: days are told by the desk's. */
  function takeTally(found: Tally): void {
    tally.value = found
    setServerTime(found.now)
  }

  async function more(): Promise<void> {
    if (phase.value === 'ready' && rows.value.length < total.value) await load(rows.value.length)
  }

  function tick(id: string): void {
    const now = new Set(marks.value)
    if (!now.delete(id)) now.add(id)
    marks.value = now
  }

  function tickAll(): void {
    marks.value = marks.value.size === rows.value.length ? new Set() : new Set(rows.value.map((row) => row.id))
  }

  watch(() => ({ ...sought }), (now, before) => {
    clearTimeout(timer)
    timer = setTimeout(() => void load(0), now.q === before.q ? 0 : PAUSE_MS)
  })
  onScopeDispose(() => { clearTimeout(timer); running?.abort() })
  void reload()

  const ticked = computed(() => rows.value.filter((row) => marks.value.has(row.id)))
  return {
    sought, phase, failure, rows, total, tally, ticked, tick, tickAll, more, reload,
    isTicked: (id) => marks.value.has(id),
    chosen: computed(() => ticked.value.map(({ id, version }) => ({ id, version }))),
  }
}
