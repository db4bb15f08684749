/** The publication in progress: followed while it is checked, decided by people when it is blocked. */
import { computed, onScopeDispose, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { fetchPublication, overridePublication, publish, withdrawPublication } from './api'
import type { Chosen, PublicationView } from './api'

const LOOK_MS = 700

export type Publication = {
  shown: Ref<PublicationView | null>
  running: ComputedRef<boolean>
  begin: (entries: Chosen[]) => Promise<void>
  override: (reason: string) => Promise<void>
  withdraw: () => Promise<void>
  dismiss: () => void
}

/** `ended` is called once for every publication that was seen running or waiting and is decided now. */
export function usePublication(ended: (publication: PublicationView) => void): Publication {
  const shown = ref<PublicationView | null>(null)
  const running = computed(() => shown.value?.state === 'checking')
  let timer: ReturnType<typeof setTimeout> | undefined

  function show(publication: PublicationView): void {
    const before = shown.value
    shown.value = publication
    clearTimeout(timer)
    if (publication.state === 'checking') timer = setTimeout(() => void look(), LOOK_MS)
    else if (before?.id === publication.id && before.state !== publication.state) ended(publication)
  }

  async function look(): Promise<void> {
    try {
      const { publication } = await fetchPublication()
      if (publication) show(publication)
    } catch {
      // The line is away for a moment; what is being checked goes on without us.
      timer = setTimeout(() => void look(), LOOK_MS * 4)
    }
  }

  /** What is decided already is news to nobody who opens the page. */
  async function resume(): Promise<void> {
    const { publication } = await fetchPublication()
    if (publication && ['checking', 'blocked'].includes(publication.state)) show(publication)
  }

  resume().catch(() => undefined)
  onScopeDispose(() => { clearTimeout(timer) })

  return {
    shown,
    running,
    begin: async (entries) => { show(await publish(entries)) },
    override: async (reason) => { if (shown.value) show(await overridePublication(shown.value.id, reason)) },
    withdraw: async () => { if (shown.value) show(await withdrawPublication(shown.value.id)) },
    dismiss: () => { shown.value = null },
  }
}
