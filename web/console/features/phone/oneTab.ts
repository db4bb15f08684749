/** Of several tabs of one person only one is the telephone: whoever holds the lock. Another may take it by hand. */

const LOCK = 'caredesk.phone'

export type Hold = { release: () => void }

/** Waits for the telephone of this browser, or takes it from the tab that has it. `lost` follows when another takes it. */
export function holdPhone(ways: { take: boolean; held: () => void; busy: () => void; lost: () => void }): Hold {
  let release: () => void = () => undefined
  const until = new Promise<void>((resolve) => { release = resolve })
  // Without locks (a page that is not secure) there is no microphone either.
  if (!('locks' in navigator)) { ways.held(); return { release } }
  const giveUp = new AbortController()
  let mine = false
  const hold = async (lock: Lock | null): Promise<void> => {
    if (!lock) return
    mine = true
    ways.held()
    await until
    mine = false
  }
  const wait = async (): Promise<void> => {
    if (ways.take) return navigator.locks.request(LOCK, { steal: true }, hold)
    const { held = [] } = await navigator.locks.query()
    if (held.some((one) => one.name === LOCK)) ways.busy()
    return navigator.locks.request(LOCK, { signal: giveUp.signal }, hold)
  }
  // Rejected: stolen by another tab, or given up while still waiting.
  wait().catch(() => { if (mine) { mine = false; ways.lost() } })
  return { release: () => { release(); if (!mine) giveUp.abort() } }
}
