/** Which sheet lies over the page; the phone's way back closes it. */
import { inject, onBeforeUnmount, onMounted, provide, readonly, shallowRef, watch } from 'vue'
import type { InjectionKey, ShallowRef } from 'vue'

/** `ask`: what may be asked for, for a visit or for nobody. `broadcast`: to all who wait for a session. */
export type Shown =
  | { what: 'request'; id: string }
  | { what: 'ask'; appointmentId: string | null }
  | { what: 'broadcast'; sessionId: string }
  | { what: 'parcels'; patientId: string; child: string; appointmentId: string }
  | null

export type Sheets = {
  shown: Readonly<ShallowRef<Shown>>
  show: (requestId: string) => void
  ask: (appointmentId: string | null) => void
  broadcast: (sessionId: string) => void
  parcels: (patientId: string, child: string, appointmentId: string) => void
  close: () => void
}

const KEY: InjectionKey<Sheets> = Symbol('sheets')

export function useSheets(): Sheets {
  const sheets = inject(KEY)
  if (!sheets) throw new Error('no sheets around')
  return sheets
}

export function provideSheets(): Sheets {
  const shown = shallowRef<Shown>(null)
  const sheets: Sheets = {
    shown: readonly(shown) as Readonly<ShallowRef<Shown>>,
    show: (id) => { shown.value = { what: 'request', id } },
    ask: (appointmentId) => { shown.value = { what: 'ask', appointmentId } },
    broadcast: (sessionId) => { shown.value = { what: 'broadcast', sessionId } },
    parcels: (patientId, child, appointmentId) => { shown.value = { what: 'parcels', patientId, child, appointmentId } },
    close: () => { shown.value = null },
  }
  closeByWayBack(shown)
  provide(KEY, sheets)
  return sheets
}

/** A sheet is a step of the history, so that "back" leaves the sheet and not the page. */
function closeByWayBack(shown: ShallowRef<Shown>): void {
  let leaving = false
  const isStep = (): boolean => (history.state as { sheet?: boolean } | null)?.sheet === true
  const step = (): void => { history.pushState({ sheet: true }, '') }

  function onBack(): void {
    // Our own step back may arrive when the next sheet has been opened already.
    if (!leaving) shown.value = null
    else if (shown.value) step()
    leaving = false
  }

  watch(shown, (now, before) => {
    if (now && !before && !isStep()) step()
    if (now || !before || !isStep()) return
    leaving = true
    history.back()
  })
  onMounted(() => { window.addEventListener('popstate', onBack) })
  onBeforeUnmount(() => { window.removeEventListener('popstate', onBack) })
}
