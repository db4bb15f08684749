/** The lock of a screen that nobody touches. The desk counts; here it is told that somebody is here, asked when it locks,
 *  and all tabs of a browser lock and open together. Knows no page. */
import { readonly, ref } from 'vue'
import type { Ref } from 'vue'
import { serverNow } from '../now'

/** How often the desk is told that somebody is here, at most. */
export const TELL_EVERY_MS = 60_000
/** The desk is asked a moment after the screen is due, so that its answer is not "just now not yet". */
const AFTER_MS = 1_000
/** So long before it locks the screen says so: who waits for work is here without touching anything. */
export const SOON_MS = 60_000
/** So long after silence the desk is asked again. */
const RETRY_MS = 30_000
/** A timer cannot wait longer than this; it then plans anew. */
const LONGEST_MS = 2 ** 31 - 1
const SIGNS = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'] as const

export type Standing = Readonly<{ locked: boolean; locks_at: string | null; after_seconds: number | null }>

/** How the desk is asked and told. Both fail when it does not answer; a refusal that says "locked" calls `shut` elsewhere. */
export type Ways = Readonly<{ ask: () => Promise<Standing>; tell: () => Promise<Standing>; isSilence: (error: unknown) => boolean }>

export type Channel = Pick<BroadcastChannel, 'postMessage' | 'close'> & { onmessage: ((event: MessageEvent) => void) | null }

export type IdleLock = Readonly<{
  locked: Readonly<Ref<boolean>>
  /** It locks within the minute unless somebody moves. */
  soon: Readonly<Ref<boolean>>
  /** Somebody is signed in at this page. */
  begin: () => void
  /** Nobody is any more. */
  end: () => void
  /** The desk says that the screen is locked. */
  shut: () => void
  /** The screen was opened here. */
  opened: () => void
  /** Asks the desk how it stands. */
  look: () => Promise<void>
}>

export function createIdleLock(ways: Ways, onOpened: () => void, makeChannel: () => Channel = () => new BroadcastChannel('caredesk.lock')): IdleLock {
  const locked = ref(false)
  const soon = ref(false)
  let channel: Channel | null = null
  let planned: ReturnType<typeof setTimeout> | undefined
  let telling: ReturnType<typeof setTimeout> | undefined
  let told = -Infinity
  let lastSign = Date.now()
  let due: number | null = null
  let after: number | null = null
  let shuts = 0

  function set(value: boolean): void {
    if (locked.value === value) return
    locked.value = value
    // One rule of style hides all else: dialogs, menus and what is drawn later, too.
    document.documentElement.toggleAttribute('data-locked', value)
    channel?.postMessage('look')
    if (!value) onOpened()
  }

  /** What was said before the screen was shut says nothing about it any more. */
  function take(standing: Standing, asked: number): void {
    if (asked !== shuts) return
    due = standing.locks_at === null ? null : Date.parse(standing.locks_at)
    after = standing.after_seconds === null ? null : standing.after_seconds * 1000
    set(standing.locked)
    plan()
  }

  /** Asks when it is soon, for another tab may have been used since, and again when it is due. */
  function plan(): void {
    clearTimeout(planned)
    soon.value = false
    if (locked.value || due === null) return
    const left = Math.max(due - serverNow(), 0)
    const warning = Math.min(SOON_MS, (after ?? 0) / 3)
    soon.value = left <= warning
    askIn(soon.value ? left + AFTER_MS : left - warning)
  }

  function askIn(ms: number): void {
    clearTimeout(planned)
    planned = setTimeout(() => void look(), Math.min(ms, LONGEST_MS))
  }

  async function look(): Promise<void> {
    const asked = shuts
    try {
      take(await ways.ask(), asked)
    } catch (error) {
      // Nobody answers, and nobody has been here: what stands on the screen is hidden all the same.
      if (ways.isSilence(error) && after !== null && Date.now() - lastSign >= after) return set(true)
      askIn(RETRY_MS)
    }
  }

  function tell(): void {
    clearTimeout(telling)
    telling = undefined
    soon.value = false
    told = Date.now()
    // What is not heard is told with the next sign.
    const asked = shuts
    ways.tell().then((standing) => { take(standing, asked) }, () => undefined)
  }

  function onSign(): void {
    if (locked.value) return
    lastSign = Date.now()
    if (soon.value) return tell()
    if (telling !== undefined) return
    const wait = told + TELL_EVERY_MS - Date.now()
    if (wait <= 0) tell()
    else telling = setTimeout(tell, wait)
  }

  /** A computer that has slept knows nothing of the time that went by. */
  function onReturn(): void {
    if (!document.hidden && channel) void look()
  }

  function begin(): void {
    if (channel) return
    channel = makeChannel()
    channel.onmessage = () => void look()
    for (const sign of SIGNS) document.addEventListener(sign, onSign, { passive: true, capture: true })
    document.addEventListener('visibilitychange', onReturn)
    told = lastSign = Date.now()
    void look()
  }

  function end(): void {
    clearTimeout(planned)
    clearTimeout(telling)
    telling = undefined
    for (const sign of SIGNS) document.removeEventListener(sign, onSign, { capture: true })
    document.removeEventListener('visibilitychange', onReturn)
    channel?.close()
    channel = null
    due = null
    soon.value = false
    locked.value = false
    document.documentElement.removeAttribute('data-locked')
  }

  function shut(): void {
    begin()
    shuts += 1
    set(true)
    plan()
  }

  function opened(): void {
    set(false)
    void look()
  }

  return { locked: readonly(locked), soon: readonly(soon), begin, end, shut, opened, look }
}
