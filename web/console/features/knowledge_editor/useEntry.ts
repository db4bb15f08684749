/** The entry that is being written: what the server has, what stands in the form, and how they come together. */
import { computed, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { ApiError } from '../../api'
import { createEntry, fetchEntry, saveEntry } from './api'
import type { EntryForm, EntryView } from './api'
import { copy, emptyForm, faultsOf, formOf, isSame, merge, tidy } from './form'
import type { Faults, Merged } from './form'

export const NEW = 'new'

export type Conflict = Merged & { theirs: EntryView; by: string }

export type EditedEntry = {
  view: Ref<EntryView | null>
  form: Ref<EntryForm>
  phase: Ref<'none' | 'loading' | 'ready' | 'failed'>
  failure: Ref<unknown>
  faults: ComputedRef<Faults>
  dirty: ComputedRef<boolean>
  busy: Ref<boolean>
  conflict: Ref<Conflict | null>
  load: () => Promise<void>
  /** Looks again at what the server has, unless something is being written. */
  refresh: () => Promise<void>
  /** Takes what an action has answered. */
  take: (view: EntryView) => void
  /** True when it is on the server. */
  save: () => Promise<boolean>
  /** Goes on with the merged form over the newer version. */
  settle: (form: EntryForm) => void
  undo: () => void
}

export function useEntry(id: () => string | null): EditedEntry {
  const view = ref<EntryView | null>(null)
  const form = ref<EntryForm>(emptyForm())
  const base = ref<EntryForm>(emptyForm())
  const phase = ref<'none' | 'loading' | 'ready' | 'failed'>('none')
  const failure = ref<unknown>(null)
  const busy = ref(false)
  const conflict = ref<Conflict | null>(null)

  const faults = computed(() => faultsOf(form.value))
  const dirty = computed(() => phase.value === 'ready' && !isSame(form.value, base.value))

  function take(found: EntryView): void {
    view.value = found
    base.value = formOf(found.content)
    form.value = formOf(found.content)
    phase.value = 'ready'
  }

  function begin(): void {
    view.value = null
    base.value = emptyForm()
    form.value = emptyForm()
    phase.value = 'ready'
  }

  async function load(): Promise<void> {
    const wanted = id()
    conflict.value = null
    if (wanted === null) { phase.value = 'none'; return }
    if (wanted === NEW) { begin(); return }
    // What was saved a moment ago under this id is already here.
    if (view.value?.content.id === wanted && phase.value === 'ready') return
    phase.value = 'loading'
    try {
      const found = await fetchEntry(wanted)
      if (id() === wanted) take(found)
    } catch (error) {
      if (id() !== wanted) return
      failure.value = error
      phase.value = 'failed'
    }
  }

  async function refresh(): Promise<void> {
    const known = view.value?.content.id
    if (known === undefined || dirty.value) return
    const found = await fetchEntry(known)
    if (view.value?.content.id === known && !dirty.value) take(found)
  }

  async function save(): Promise<boolean> {
    if (busy.value || Object.keys(faults.value).length > 0) return false
    busy.value = true
    try {
      const now = tidy(form.value)
      take(view.value ? await saveEntry(view.value.content.id, view.value.version, now) : await createEntry(now))
      return true
    } catch (error) {
      if (error instanceof ApiError && error.code === 'knowledge.changed') await compare()
      else throw error
      return false
    } finally {
      busy.value = false
    }
  }

  /** Somebody else was faster: nothing is lost, what both wrote is laid side by side. */
  async function compare(): Promise<void> {
    if (!view.value) return
    const theirs = await fetchEntry(view.value.content.id)
    conflict.value = { ...merge(base.value, form.value, formOf(theirs.content)), theirs, by: theirs.history[0]?.by ?? '' }
  }

  function settle(settled: EntryForm): void {
    if (!conflict.value) return
    take(conflict.value.theirs)
    form.value = settled
    conflict.value = null
  }

  watch(id, () => void load(), { immediate: true })

  return {
    view, form, phase, failure, faults, dirty, busy, conflict, load, refresh, take, save, settle,
    undo: () => { form.value = copy(base.value) },
  }
}
