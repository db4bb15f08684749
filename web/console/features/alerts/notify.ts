/** Desktop notifications, with leave asked for only when somebody wants them. One per matter, however many tabs. */
import { ref } from 'vue'
import type { Ref } from 'vue'

export type Leave = 'granted' | 'denied' | 'default' | 'unsupported'

const leave = ref<Leave>('Notification' in window ? Notification.permission : 'unsupported')
const shown = new Map<string, Notification>()

export function useLeave(): { leave: Readonly<Ref<Leave>>; ask: () => Promise<void> } {
  return {
    leave,
    ask: async () => { leave.value = await Notification.requestPermission() },
  }
}

/** Shows a notification while the page is not in front. No patient's words: it may appear on a projector. */
export function notify(about: { tag: string; title: string; onClick: () => void }): void {
  if (leave.value !== 'granted' || (document.visibilityState === 'visible' && document.hasFocus())) return
  const note = new Notification(about.title, { tag: about.tag })
  note.onclick = () => {
    window.focus()
    about.onClick()
    note.close()
  }
  shown.set(about.tag, note)
}

export function takeBackNotification(tag: string): void {
  shown.get(tag)?.close()
  shown.delete(tag)
}

/** Of several tabs of one agent only one makes the noise: whoever gets the lock. */
export async function onceAcrossTabs(name: string, action: () => void): Promise<void> {
  if (!('locks' in navigator)) { action(); return }
  await navigator.locks.request(`caredesk.${name}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return
    action()
    await new Promise((resolve) => setTimeout(resolve, HELD_MS))
  })
}

/** Long enough for the slowest tab to have heard of the same event. */
const HELD_MS = 3000
