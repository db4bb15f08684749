/** A tap on a notification opens its request: in a new page by its address, in an open one by the worker's word. */
import { onBeforeUnmount, onMounted } from 'vue'
import type { Sheets } from './sheets'

const REQUEST = /^#request=([\w-]{1,40})$/

export function followNotifications({ show }: Pick<Sheets, 'show'>): void {
  function fromAddress(): void {
    const id = REQUEST.exec(location.hash)?.[1]
    if (!id) return
    // A reload is not another tap.
    history.replaceState(history.state, '', location.pathname)
    show(id)
  }

  function fromWorker(event: MessageEvent<unknown>): void {
    const { data } = event
    const id = typeof data === 'object' && data !== null && 'request' in data ? data.request : null
    if (typeof id === 'string' && id) show(id)
  }

  // Where there is no secure connection there is no worker.
  const workers = 'serviceWorker' in navigator ? navigator.serviceWorker : null
  onMounted(() => {
    fromAddress()
    window.addEventListener('hashchange', fromAddress)
    workers?.addEventListener('message', fromWorker)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('hashchange', fromAddress)
    workers?.removeEventListener('message', fromWorker)
  })
}
