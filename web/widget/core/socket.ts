/**
 * As much of Socket.IO v5 as the page needs, over one WebSocket: handshake, events both ways, acknowledgements, pings.
 * It does not reconnect and does not poll; the link decides about both.
 */

/** The desk's beat and the engine's ping come far more often; longer silence means a dead line. */
const SILENCE_MS = 35_000
/** Some proxies swallow a WebSocket without a word. */
const OPENING_MS = 8000
const ANSWER_MS = 8000

export type Listener = {
  opened(): void
  heard(name: string, payload: unknown): void
  /** `code`: why the desk refused the connection; null: the line broke. */
  closed(code: string | null): void
}

export type WebSocketLike = {
  onmessage: ((event: MessageEvent<string>) => void) | null
  onclose: ((event: CloseEvent) => void) | null
  send(packet: string): void
  close(): void
}

export class Socket {
  private readonly answers = new Map<number, { take(answer: unknown): void; fail(): void }>()
  private nextAnswer = 0
  private silence: ReturnType<typeof setTimeout> | undefined
  private ended = false

  constructor(
    private readonly line: WebSocketLike,
    private readonly auth: unknown,
    private readonly listener: Listener,
  ) {
    line.onmessage = ({ data }) => this.read(data)
    line.onclose = () => this.end(null)
    this.listen(OPENING_MS)
  }

  /** Sends an event that needs no answer. */
  tell(name: string, payload: unknown): void {
    this.line.send(`42${JSON.stringify([name, payload])}`)
  }

  /** Sends an event and waits for its answer; a line that does not answer is closed, and who still waits then fails. */
  ask<T>(name: string, payload: unknown): Promise<T> {
    const id = this.nextAnswer++
    this.line.send(`42${id}${JSON.stringify([name, payload])}`)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(null), ANSWER_MS)
      const fail = () => {
        clearTimeout(timer)
        reject(new Error('no answer'))
      }
      this.answers.set(id, {
        take: (answer) => {
          clearTimeout(timer)
          resolve(answer as T)
        },
        fail,
      })
    })
  }

  close(): void {
    this.ended = true
    clearTimeout(this.silence)
    this.line.close()
    for (const { fail } of this.answers.values()) fail()
    this.answers.clear()
  }

  private end(code: string | null): void {
    if (this.ended) return
    this.close()
    this.listener.closed(code)
  }

  private listen(limit: number): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.end(null), limit)
  }

  private read(packet: string): void {
    if (this.ended) return
    this.listen(SILENCE_MS)
    if (packet[0] === '0') this.line.send(`40${JSON.stringify(this.auth)}`)
    else if (packet[0] === '1') this.end(null)
    else if (packet[0] === '2') this.line.send('3')
    else if (packet[0] === '4') this.readMessage(packet[1], packet.slice(2))
  }

  private readMessage(kind: string | undefined, rest: string): void {
    const start = rest.search(/[[{]/)
    const content: unknown = start < 0 ? null : JSON.parse(rest.slice(start))
    if (kind === '0') this.listener.opened()
    else if (kind === '1') this.end(null)
    else if (kind === '2') this.hear(content as [string, unknown])
    else if (kind === '3') this.answer(Number(rest.slice(0, start)), (content as unknown[])[0])
    else if (kind === '4') this.end((content as { data?: { code?: string } }).data?.code ?? 'unknown')
  }

  private hear([name, payload]: [string, unknown]): void {
    this.listener.heard(name, payload)
  }

  private answer(id: number, answer: unknown): void {
    this.answers.get(id)?.take(answer)
    this.answers.delete(id)
  }
}
