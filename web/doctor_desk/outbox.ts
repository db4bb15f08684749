/** What was tapped and is not yet at the server: under its own key until an answer came, never twice, never forgotten. Pure. */

export type Wish = {
  kind: 'raise'
  typeKey: string
  appointmentId: string | null
  form: Readonly<Record<string, string>>
  /** Ids of pictures that are at the server already. */
  pictures?: readonly string[]
}
export type Words = { kind: 'say'; requestId: string; text: string }

/** `lost`: nobody knows whether it arrived; sent again under the same key. `old`: too long ago to be sent without
 *  asking. `refused`: the server said no. */
export type ItemState = 'queued' | 'sending' | 'lost' | 'old' | 'refused'

export type Item = {
  clientKey: string
  what: Wish | Words
  /** When it was tapped, in the server's milliseconds. */
  at: number
  state: ItemState
  failure: string
  fields: Readonly<Record<string, unknown>>
}

export type Failure = { code: string; status: number; fields: Readonly<Record<string, unknown>> }

/** After this nobody can be sure that it is still wanted: the patient may have come by other ways. */
export const FRESH_MS = 10 * 60_000

export function newItem(what: Wish | Words, now: number): Item {
  return { clientKey: newKey(), what, at: now, state: 'queued', failure: '', fields: {} }
}

/** Works without a secure context, too, where `randomUUID` does not exist. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The one to be sent now. One at a time and in order, as it was tapped. */
export function nextToSend(items: readonly Item[]): Item | undefined {
  if (items.some((one) => one.state === 'sending')) return undefined
  return items.find((one) => one.state === 'queued' || one.state === 'lost')
}

/** Whoever taps again while the first tap is on its way asks for nothing new. */
export function pendingWish(items: readonly Item[], wish: Pick<Wish, 'typeKey' | 'appointmentId'>): Item | undefined {
  return items.find(
    ({ what }) => what.kind === 'raise' && what.appointmentId === wish.appointmentId && what.typeKey === wish.typeKey,
  )
}

export function put(items: readonly Item[], item: Item): Item[] {
  const known = items.some((one) => one.clientKey === item.clientKey)
  return known ? items.map((one) => (one.clientKey === item.clientKey ? item : one)) : [...items, item]
}

export function without(items: readonly Item[], clientKey: string): Item[] {
  return items.filter((one) => one.clientKey !== clientKey)
}

/** What a failure makes of an item: no answer and a server in trouble are tried again, a clear no is not. */
export function failed(item: Item, failure: Failure): Item {
  const again = failure.status === 0 || failure.status === 401 || failure.status === 429 || failure.status >= 500
  return { ...item, state: again ? 'lost' : 'refused', failure: failure.code, fields: failure.fields }
}

export function retried(item: Item, now: number): Item {
  return { ...item, state: 'queued', at: now, failure: '', fields: {} }
}

/** What was tapped too long ago waits for a word. */
export function aged(items: readonly Item[], now: number): Item[] {
  const isOld = (one: Item): boolean => (one.state === 'queued' || one.state === 'lost') && now - one.at > FRESH_MS
  return items.map((one) => (isOld(one) ? { ...one, state: 'old' as const } : one))
}

// ---- over a reload -----------------------------------------------------------------------------------------

/** What a reload finds: an item that was being sent may or may not have arrived. Anything else is thrown away. */
export function restored(written: string | null): Item[] {
  try {
    const read: unknown = JSON.parse(written ?? '[]')
    if (!Array.isArray(read)) return []
    return read.filter(isItem).map((one) => (one.state === 'sending' ? { ...one, state: 'lost' } : one))
  } catch {
    return []
  }
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && 'clientKey' in value && 'what' in value && 'state' in value && 'at' in value
}
