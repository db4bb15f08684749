/** What was said to all waiting families today, read again with the day and shortly after something was sent. */
import { inject, onBeforeUnmount, provide, shallowRef } from 'vue'
import type { InjectionKey, ShallowRef } from 'vue'
import { ApiError } from './api'
import { fetchBroadcasts } from './broadcasts'
import type { Broadcast } from './broadcasts'

const AGAIN_MS = [1_000, 2_000, 4_000, 8_000]

export type Broadcasts = {
  sent: ShallowRef<readonly Broadcast[]>
  refetch: () => Promise<void>
  /** Takes what has just been sent and follows it until every family's message has ended, for a while. */
  follow: (broadcast: Broadcast) => void
}

const KEY: InjectionKey<Broadcasts> = Symbol('broadcasts')

export function useBroadcasts(): Broadcasts {
  const broadcasts = inject(KEY)
  if (!broadcasts) throw new Error('no broadcasts around')
  return broadcasts
}

export function provideBroadcasts(): Broadcasts {
  const sent = shallowRef<readonly Broadcast[]>([])
  let again: ReturnType<typeof setTimeout> | undefined

  async function refetch(): Promise<void> {
    try {
      sent.value = await fetchBroadcasts()
    } catch (error) {
      // That nobody answers is told by the bar below; here what is known stays.
      if (!(error instanceof ApiError)) throw error
    }
  }

  function look(turn: number): void {
    clearTimeout(again)
    const pause = AGAIN_MS[turn]
    if (pause === undefined || !sent.value.some((one) => one.pending > 0)) return
    again = setTimeout(() => { void refetch().then(() => { look(turn + 1) }) }, pause)
  }

  function follow(broadcast: Broadcast): void {
    sent.value = [broadcast, ...sent.value.filter((one) => one.id !== broadcast.id)]
    look(0)
  }

  onBeforeUnmount(() => { clearTimeout(again) })
  const broadcasts: Broadcasts = { sent, refetch, follow }
  provide(KEY, broadcasts)
  return broadcasts
}
