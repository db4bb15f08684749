/** Keeps the doctor's day fresh, and knows how fresh it is: every twenty seconds, on return to the page, when the net is back. */
import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import { setServerTime } from '@shared/now'
import { ApiError, LOCKED, fetchToday } from './api'
import type { DoctorDay } from './api'

export const REFRESH_MS = 20_000
const RETRY_MS = [3_000, 6_000, 12_000]

/** `fresh`: what is shown is what the server said last, and it answers. `stale`: it does not answer. */
export type Freshness = 'loading' | 'fresh' | 'stale'

export type Today = {
  day: ShallowRef<DoctorDay | null>
  freshness: Ref<Freshness>
  busy: Ref<boolean>
  /** A refusal that asking again will not change. */
  refusal: ShallowRef<ApiError | null>
  refresh: () => Promise<void>
}

export function useToday(onSignedOut: () => void): Today {
  const day = shallowRef<DoctorDay | null>(null)
  const freshness = ref<Freshness>('loading')
  const busy = ref(false)
  const refusal = shallowRef<ApiError | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: AbortController | null = null
  let failures = 0
  let cuts = 0

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    running?.abort()
    const own = new AbortController()
    running = own
    busy.value = true
    const before = cuts
    try {
      const asked = Date.now()
      take(await fetchToday(own.signal), asked)
      // What was on its way when the network went says nothing about there being one now.
      if (cuts !== before) lose()
    } catch (error) {
      if (!own.signal.aborted) fail(error)
    } finally {
      if (running === own) {
        busy.value = false
        plan()
      }
    }
  }

  function take(answer: DoctorDay, asked: number): void {
    setServerTime(answer.server_time, Date.now() - asked)
    day.value = answer
    freshness.value = 'fresh'
    refusal.value = null
    failures = 0
  }

  function fail(error: unknown): void {
    if (!(error instanceof ApiError)) throw error
    // Behind a locked screen everything waits as it is.
    if (error.status === 401 && error.code !== LOCKED) return onSignedOut()
    if (error.status === 403 || error.status === 404) refusal.value = error
    lose()
  }

  function lose(): void {
    freshness.value = 'stale'
    failures += 1
  }

  function plan(): void {
    clearTimeout(timer)
    if (document.hidden || running?.signal.aborted || refusal.value) return
    const pause = failures === 0 ? REFRESH_MS : (RETRY_MS[failures - 1] ?? REFRESH_MS)
    timer = setTimeout(() => void refresh(), pause)
  }

  function onReturn(): void {
    if (document.hidden) clearTimeout(timer)
    else void refresh()
  }

  function onOffline(): void {
    cuts += 1
    freshness.value = 'stale'
  }

  onMounted(() => {
    document.addEventListener('visibilitychange', onReturn)
    window.addEventListener('focus', onReturn)
    window.addEventListener('online', onReturn)
    window.addEventListener('offline', onOffline)
    void refresh()
  })
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', onReturn)
    window.removeEventListener('focus', onReturn)
    window.removeEventListener('online', onReturn)
    window.removeEventListener('offline', onOffline)
    clearTimeout(timer)
    running?.abort()
  })

  return { day, freshness, busy, refusal, refresh }
}
