/** One clock for the whole page, set right by the server: a ticking number that timers and rings read. */
import { readonly, ref } from 'vue'
import type { Ref } from 'vue'

const now = ref(Date.now())
let offset = 0
let ticking: ReturnType<typeof setInterval> | undefined

/** The server's time in milliseconds, once a second. */
export function useNow(): Readonly<Ref<number>> {
  ticking ??= setInterval(tick, 1000)
  return readonly(now)
}

/** The server's time right now. */
export function serverNow(): number {
  return Date.now() + offset
}

/** Believes the server about the time, corrected by half the way there and back. */
export function setServerTime(at: string, roundTripMs = 0): void {
  offset = new Date(at).getTime() + roundTripMs / 2 - Date.now()
  tick()
}

/** How far this computer's clock is from the server's, in seconds; positive when it lags behind. */
export function clockError(): number {
  return offset / 1000
}

function tick(): void {
  now.value = serverNow()
}
