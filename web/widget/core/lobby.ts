/** The first screen's facts, fetched again when the clinic's state changes; and the desk's clock. */
import type { Api } from './api'
import type { Contact, State } from './state'
import type { Welcome } from './types'

/** The clinic's state changes at known times; a page left open overnight looks again anyway. */
const LONGEST_MS = 15 * 60_000
const RETRY_MS = 5000

export class Lobby {
  /** What the desk's clock is ahead of this device's. */
  private lead = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly api: Api,
    private readonly state: State,
    private readonly changed: () => void,
    private readonly keep: (contact: Contact) => void,
  ) {}

  /** The desk's time; the device's own may be wrong. */
  now(): Date {
    return new Date(Date.now() + this.lead)
  }

  /** What the desk says of itself with every beat: its time, and whether it can keep anything. */
  learnTime(at: string, stalled = this.state.stalled, notice?: string): void {
    this.lead = Date.parse(at) - Date.now()
    const { welcome } = this.state
    if (welcome && notice !== undefined && notice !== (welcome.notice?.kind ?? '')) void this.refresh()
    if (stalled === this.state.stalled) return
    this.state.stalled = stalled
    this.changed()
  }

  async refresh(): Promise<void> {
    clearTimeout(this.timer)
    const pause = await this.fetch().catch(() => RETRY_MS)
    this.state.failed = this.state.welcome === null
    this.timer = setTimeout(() => void this.refresh(), pause)
    this.changed()
  }

  /** Gives when to look again. */
  private async fetch(): Promise<number> {
    const welcome = await this.api.get<Welcome>('/welcome')
    this.state.welcome = welcome
    const { hotline, mail } = welcome
    this.keep((this.state.contact = { hotline, mail }))
    this.learnTime(welcome.server_time)
    const { next_change } = welcome
    if (next_change === null) return LONGEST_MS
    const untilChange = Date.parse(next_change) - this.now().getTime() + 1000
    return Math.max(1000, Math.min(LONGEST_MS, untilChange))
  }
}
