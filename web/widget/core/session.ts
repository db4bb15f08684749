/** Who the visitor is to the desk: a bearer token kept on the device, and the family an embedding site vouches for. */
import { type Api, DeskError } from './api'
import type { Shelf } from './shelf'
import type { Language, Visit } from './types'

export type SessionPorts = {
  shelf: Shelf
  language(): Language
  received(visit: Visit, isSomeoneElse: boolean): void
}

export class Session {
  token: string | null
  /** A visit has been opened since the page was loaded. */
  visited = false
  private identity: string | null = null
  private opening: Promise<void> | null = null

  constructor(
    private readonly api: Api,
    private readonly ports: SessionPorts,
  ) {
    this.token = ports.shelf.read('token')
  }

  /** Somebody who was here before, or whom the embedding site knows. Others are received when they first say something. */
  get isKnown(): boolean {
    return this.token !== null || this.identity !== null
  }

  /** Tells whether that is news. */
  vouch(identity: string | null): boolean {
    const isNew = identity !== null && identity !== this.identity
    if (isNew) this.identity = identity
    return isNew
  }

  /** Callers share one request. */
  open(): Promise<void> {
    this.opening ??= this.request().finally(() => (this.opening = null))
    return this.opening
  }

  forget(): void {
    this.token = null
    this.ports.shelf.remove('token')
  }

  private async request(): Promise<void> {
    const before = this.token
    const visit = await this.ask()
    // The desk gives a known device another token when it is now vouched for another family.
    const isSomeoneElse = before !== null && this.token === before && visit.token !== null
    if (visit.token !== null) {
      this.token = visit.token
      this.ports.shelf.write('token', visit.token)
    }
    this.visited = true
    this.ports.received(visit, isSomeoneElse)
  }

  /** Neither an old token nor an expired identity may keep anybody from asking. */
  private async ask(): Promise<Visit> {
    try {
      return await this.post()
    } catch (fault) {
      if (!(fault instanceof DeskError)) throw fault
      if (fault.code.startsWith('identity')) this.identity = null
      else if (fault.status === 401) this.forget()
      else throw fault
      return this.post()
    }
  }

  private post(): Promise<Visit> {
    return this.api.post('/visit', { language: this.ports.language(), identity: this.identity })
  }
}
