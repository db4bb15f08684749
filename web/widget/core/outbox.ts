/**
 * What the visitor did and the desk has not confirmed. It lies on the device from the moment of the tap, goes out in
 * order, one at a time, again and again under the same key, and leaves only on the desk's word: so it arrives once.
 */
import { DeskError } from './api'
import type { Shelf } from './shelf'
import type { Outgoing } from './state'

const NAME = 'outgoing'
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 15_000
/** A wish to talk to somebody is stale when its visitor comes back later. */
const WISH_LIFE_MS = 10 * 60_000

export type Deliver = (item: Outgoing) => Promise<void>

export class Outbox {
  readonly items: Outgoing[]
  private running = false
  private retries = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly shelf: Shelf,
    private readonly deliver: Deliver,
    private readonly changed: (trouble?: DeskError) => void,
  ) {
    this.items = this.stored().filter((item) => item.kind !== 'person' || isFresh(item))
    for (const item of this.items) if (item.state === 'sending') item.state = 'waiting'
  }

  add(item: Outgoing): void {
    this.items.push(item)
    this.save(item)
    this.changed()
    void this.flush()
  }

  /** The desk has it. */
  settle(key: string): void {
    const index = this.items.findIndex((item) => item.key === key)
    if (index < 0) return
    const [item] = this.items.splice(index, 1)
    this.store(this.stored().filter((other) => other.key !== key))
    if (item?.kind === 'picture') void this.shelf.dropPicture(key)
    this.changed()
  }

  /** Tries a refused one again, under its old key. */
  retry(key: string): void {
    const item = this.items.find((other) => other.key === key)
    if (item?.state !== 'failed') return
    item.state = 'waiting'
    this.save(item)
    this.changed()
    void this.flush()
  }

  /** Sends what waits. Safe to call at any time and any number of times. */
  async flush(): Promise<void> {
    clearTimeout(this.timer)
    if (this.running) return
    this.running = true
    try {
      for (let item = this.next(); item; item = this.next()) if (!(await this.send(item))) break
    } finally {
      this.running = false
    }
  }

  private next(): Outgoing | undefined {
    return this.items.find((item) => item.state === 'waiting')
  }

  /** Gives false when the others have to wait as well. */
  private async send(item: Outgoing): Promise<boolean> {
    item.state = 'sending'
    this.changed()
    try {
      await this.deliver(item)
      this.retries = 0
      this.settle(item.key)
      return true
    } catch (fault) {
      const error = fault instanceof DeskError ? fault : new DeskError(500, 'unknown')
      return error.passing ? this.postpone(item, error) : this.give(item, error)
    }
  }

  private postpone(item: Outgoing, error: DeskError): false {
    item.state = 'waiting'
    const pause = Math.min(FIRST_RETRY_MS * 2 ** this.retries++, LAST_RETRY_MS)
    this.timer = setTimeout(() => void this.flush(), Math.max(pause, error.retryAfter * 1000))
    this.changed(error)
    return false
  }

  private give(item: Outgoing, error: DeskError): true {
    item.state = 'failed'
    item.error = [error.code, error.fields.reason].filter(Boolean).join('.')
    this.save(item)
    this.changed()
    return true
  }

  private stored(): Outgoing[] {
    return this.shelf.read<Outgoing[]>(NAME) ?? []
  }

  /** Reads before it writes, because another tab of the same visitor may have its own. */
  private save(item: Outgoing): void {
    this.store([...this.stored().filter((other) => other.key !== item.key), item])
  }

  private store(items: Outgoing[]): void {
    if (items.length > 0) this.shelf.write(NAME, items)
    else this.shelf.remove(NAME)
  }
}

function isFresh(item: Outgoing): boolean {
  return Date.now() - Date.parse(item.at) < WISH_LIFE_MS
}
