/** Keeps news coming: by the socket, else by asking every few seconds; and knows honestly which of the two it is. */
import { DeskError } from './api'
import { Socket, type WebSocketLike } from './socket'
import type { LinkState } from './state'

const FIRST_RETRY_MS = 400
const LAST_RETRY_MS = 15_000
const POLL_MS = 4000
/** Short breaks are nobody's business. */
const PATIENCE_MS = 1500

export type LinkPorts = {
  open(): WebSocketLike
  auth(): unknown
  online(): boolean
  /** Brings everything up to date over a fresh line. */
  resume(socket: Socket): Promise<void>
  /** The same by HTTP. */
  catchUp(): Promise<void>
  heard(name: string, payload: unknown): void
  refused(code: string): void
  changed(state: LinkState): void
}

export class Link {
  private socket: Socket | null = null
  private live = false
  private wanted = false
  private failures = 0
  private state: LinkState = 'idle'
  private retry: ReturnType<typeof setTimeout> | undefined
  private polling = false
  private poller: ReturnType<typeof setTimeout> | undefined
  private patience: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly ports: LinkPorts) {}

  start(): void {
    if (this.wanted) return
    this.wanted = true
    this.announce('connecting')
    this.connect()
  }

  stop(): void {
    this.wanted = false
    this.drop()
    this.stopPolling()
    this.announce('idle')
  }

  /** The network, the tab or a new conversation came: make sure that nothing was missed. */
  wake(): void {
    if (!this.wanted) return
    if (this.live && this.socket) void this.resume(this.socket)
    else if (!this.socket) this.connect()
  }

  /** The device says that its network is gone. A socket would notice much later. */
  lost(): void {
    if (!this.wanted) return
    this.drop()
    this.retryLater()
    this.report()
  }

  tell(name: string, payload: unknown): void {
    if (this.live) this.socket?.tell(name, payload)
  }

  /** The answer to an event; null while there is no line that could carry it. */
  ask<T>(name: string, payload: unknown): Promise<T> | null {
    return this.live && this.socket ? this.socket.ask<T>(name, payload) : null
  }

  private drop(): void {
    clearTimeout(this.retry)
    this.live = false
    this.socket?.close()
    this.socket = null
  }

  private connect(): void {
    clearTimeout(this.retry)
    const socket: Socket = new Socket(this.ports.open(), this.ports.auth(), {
      opened: () => void this.resume(socket),
      heard: (name, payload) => this.ports.heard(name, payload),
      closed: (code) => this.closed(code),
    })
    this.socket = socket
  }

  private async resume(socket: Socket): Promise<void> {
    try {
      await this.ports.resume(socket)
      if (socket === this.socket) this.settle()
    } catch {
      if (socket === this.socket) this.closed(null)
    }
  }

  private settle(): void {
    this.stopPolling()
    this.live = true
    this.failures = 0
    this.announce('live')
  }

  private closed(code: string | null): void {
    this.drop()
    this.failures++
    // A desk in trouble knows nobody; that is no reason to forget who one is.
    if (code !== null && !code.startsWith('store')) this.ports.refused(code)
    if (!this.wanted) return
    this.retryLater()
    this.report()
  }

  private retryLater(): void {
    clearTimeout(this.retry)
    // Without a network there is nothing to try; the browser's word for that is not always right, though.
    const pause = this.ports.online() ? Math.min(FIRST_RETRY_MS * 2 ** this.failures, LAST_RETRY_MS) : LAST_RETRY_MS
    this.retry = setTimeout(() => this.connect(), pause * (0.7 + Math.random() * 0.6))
  }

  /** Says what is known of the connection; when sockets keep failing, starts asking by HTTP. */
  private report(): void {
    if (!this.ports.online()) this.announce('offline')
    else if (this.failures < 2) this.announce('connecting')
    if (this.failures < 2 || this.polling) return
    this.polling = true
    void this.poll()
  }

  private async poll(): Promise<void> {
    const { state, pause } = this.ports.online() ? await this.askByHttp() : { state: 'offline' as const, pause: POLL_MS }
    if (!this.polling) return
    this.announce(state)
    this.poller = setTimeout(() => void this.poll(), pause)
  }

  private async askByHttp(): Promise<{ state: LinkState; pause: number }> {
    try {
      await this.ports.catchUp()
      return { state: 'polling', pause: POLL_MS }
    } catch (fault) {
      const { status, retryAfter } = fault instanceof DeskError ? fault : new DeskError(500, 'unknown')
      return { state: status === 429 ? 'polling' : 'unreachable', pause: Math.max(POLL_MS, retryAfter * 1000) }
    }
  }

  private stopPolling(): void {
    this.polling = false
    clearTimeout(this.poller)
  }

  private announce(state: LinkState): void {
    clearTimeout(this.patience)
    if (state === 'connecting') this.patience = setTimeout(() => this.tellState(state), PATIENCE_MS)
    else this.tellState(state)
  }

  private tellState(state: LinkState): void {
    if (this.state === state) return
    this.state = state
    this.ports.changed(state)
  }
}
