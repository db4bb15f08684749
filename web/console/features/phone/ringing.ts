/** What a ring in this browser means: an offer that is answered by hand, or my own call, which is picked up by itself. */

/** My telephone rings within seconds of a call that I asked for; what rings later is somebody else's. */
const OWN_WITHIN_MS = 20_000

let expectedUntil = 0

/** I have just asked for a call. The returned function says that nothing came of it. */
export function expectOwnCall(now: () => number = Date.now): () => void {
  const until = now() + OWN_WITHIN_MS
  expectedUntil = until
  return () => { if (expectedUntil === until) expectedUntil = 0 }
}

/** Whether what rings now is the call that I asked for; it is taken once. A call that is offered is never taken for it. */
export function isOwnCall(offered: boolean, now: () => number = Date.now): boolean {
  const own = !offered && now() < expectedUntil
  if (own) expectedUntil = 0
  return own
}
