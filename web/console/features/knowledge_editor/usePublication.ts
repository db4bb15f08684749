/** Publications: the one in progress is followed and decided, the last ones stay to be looked at and undone. */
import { computed, onScopeDispose, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { setServerTime } from '@shared/now'
import { fetchPublication, fetchPublicationOf, overridePublication, publish, publishAlone, undoPublication, withdrawPublication } from './api'
import type { Chosen, PublicationView } from './api'

const LOOK_MS = 700
/** What ended this long ago is still news to who opens the page, unless it was put away. */
const NEWS_MS = 30 * 60_000
const PUT_AWAY = 'caredesk.publication.put_away'

export type Publication = {
  shown: Ref<PublicationView | null>
  running: ComputedRef<boolean>
  begin: (entries: Chosen[]) => Promise<void>
  beginAlone: (entries: Chosen[], reason: string) => Promise<void>
  override: (reason: string) => Promise<void>
  withdraw: () => Promise<void>
  undo: (id: string) => Promise<void>
  /** Shows one of the last ones with everything that it made better and worse. */
  look: (id: string) => Promise<void>
  dismiss: () => void
}

/** Whether a publication is shown to somebody who opens the page. */
export function isNews(publication: PublicationView, now: number, putAway: string | null): boolean {
  if (['checking', 'blocked'].includes(publication.state)) return true
  const ended = publication.undone_at ?? publication.decided_at
  return putAway !== publication.id && ended !== null && now - Date.parse(ended) < NEWS_MS
}

/** `ended` is called for what was seen running or waiting and is decided now, and for what was undone. */
export function usePublication(ended: (publication: PublicationView) => void): Publication {
  const shown = ref<PublicationView | null>(null)
  const running = computed(() => shown.value?.state === 'checking')
  let timer: ReturnType<typeof setTimeout> | undefined

  function show(publication: PublicationView): void {
    const before = shown.value
    shown.value = publication
    clearTimeout(timer)
    if (publication.state === 'checking') timer = setTimeout(() => void follow(), LOOK_MS)
    else if (before?.id === publication.id && before.state !== publication.state) ended(publication)
  }

  async function follow(): Promise<void> {
    try {
      const { publication } = await fetchPublication()
      if (publication) show(publication)
    } catch {
      // The line is away for a moment; what is being checked goes on without us.
      timer = setTimeout(() => void follow(), LOOK_MS * 4)
    }
  }

  async function resume(): Promise<void> {
    const { publication, now } = await fetchPublication()
    // This computer's clock may be wrong, and nothing else may have come that set it right.
    setServerTime(now)
    if (publication && isNews(publication, Date.parse(now), localStorage.getItem(PUT_AWAY))) show(publication)
  }

  resume().catch(() => undefined)
  onScopeDispose(() => { clearTimeout(timer) })

  return {
    shown,
    running,
    begin: async (entries) => { show(await publish(entries)) },
    beginAlone: async (entries, reason) => { show(await publishAlone(entries, reason)) },
    override: async (reason) => { if (shown.value) show(await overridePublication(shown.value.id, reason)) },
    withdraw: async () => { if (shown.value) show(await withdrawPublication(shown.value.id)) },
    undo: async (id) => {
      const undone = await undoPublication(id)
      show(undone)
      ended(undone)
    },
    look: async (id) => { show(await fetchPublicationOf(id)) },
    dismiss: () => {
      if (shown.value) localStorage.setItem(PUT_AWAY, shown.value.id)
      shown.value = null
    },
  }
}
