import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PING_MS, SILENCE_MS, connect } from './connection'
import type { Connection, Listener } from './connection'

type Ack = (failure: Error | null, answer?: unknown) => void

/** A socket without a network: what was sent is kept, and answers are given by the test. */
class FakeSocket {
  connected = false
  sent: { event: string; payload: unknown; ack: Ack | undefined }[] = []
  closed = 0
  private listeners = new Map<string, ((payload?: unknown) => void)[]>()
  io = { engine: { close: () => { this.closed += 1 } } }

  on(event: string, listener: (payload?: unknown) => void): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener])
  }

  emit(event: string, payload: unknown, ack?: Ack): void {
    this.sent.push({ event, payload, ack })
  }

  timeout(): Pick<FakeSocket, 'emit'> {
    return this
  }

  connect(): void {
    this.connected = true
    this.happen('connect')
  }

  disconnect(): void {
    this.connected = false
  }

  happen(event: string, payload?: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener(payload)
  }

  lastPing(): Ack | undefined {
    return this.sent.findLast((one) => one.event === 'ping_desk')?.ack
  }
}

let socket: FakeSocket
let line: Connection
let heard: string[]

beforeEach(() => {
  vi.useFakeTimers()
  socket = new FakeSocket()
  heard = []
  const listener: Listener = {
    onEvent: (event) => heard.push(event.type),
    onBeat: () => heard.push('beat'),
    onUp: () => heard.push('up'),
    onDown: () => heard.push('down'),
    onRefused: (code) => heard.push(code),
    onContact: (ms) => heard.push(`contact ${ms}`),
    onSilence: () => heard.push('silence'),
  }
  line = connect('token', listener, () => socket as never)
})

afterEach(() => {
  line.close()
  vi.useRealTimers()
})

describe('the line', () => {
  it('pings at once when it stands, and every five seconds', () => {
    socket.connect()
    vi.advanceTimersByTime(PING_MS * 2)
    expect(socket.sent.filter((one) => one.event === 'ping_desk')).toHaveLength(3)
  })

  it('tells how long an answer took', () => {
    socket.connect()
    vi.advanceTimersByTime(40)
    socket.lastPing()?.(null, { ok: true, at: '2026-11-23T02:00:00Z' })
    expect(heard).toEqual(['up', 'contact 40'])
  })

  it('says when nobody answers, and drops a line that stays silent', () => {
    expect(SILENCE_MS).toBe(5000)
    socket.connect()
    socket.lastPing()?.(new Error('timeout'))
    expect(heard).toEqual(['up', 'silence'])
    expect(socket.closed).toBe(0)
    vi.advanceTimersByTime(PING_MS)
    socket.lastPing()?.(new Error('timeout'))
    expect(socket.closed).toBe(1)
  })

  it('names the reason when the server refuses', () => {
    socket.happen('connect_error', Object.assign(new Error('no'), { data: { code: 'auth.sign_in_needed' } }))
    socket.happen('connect_error', new Error('xhr'))
    expect(heard).toEqual(['auth.sign_in_needed', 'down'])
  })

  it('tries a refused connection again, but not without a session', () => {
    socket.happen('connect_error', Object.assign(new Error('no'), { data: { code: 'auth.sign_in_needed' } }))
    vi.advanceTimersByTime(60_000)
    expect(socket.connected).toBe(false)
    socket.happen('connect_error', Object.assign(new Error('no'), { data: { code: 'desk.fault' } }))
    vi.advanceTimersByTime(60_000)
    expect(socket.connected).toBe(true)
  })

  it('that the server has closed is opened again', () => {
    socket.connect()
    socket.connected = false
    socket.happen('disconnect', 'io server disconnect')
    expect(socket.connected).toBe(true)
  })

  it('does not leave a question open while there is no line', async () => {
    await expect(line.watch('c1', 0)).resolves.toEqual({ ok: false, code: 'network' })
    line.typing('c1')
    line.unwatch('c1')
    expect(socket.sent).toEqual([])
  })

  it('asks for what follows the last number seen', async () => {
    socket.connect()
    const answer = line.watch('c1', 41)
    const asked = socket.sent.find((one) => one.event === 'watch')
    expect(asked?.payload).toEqual({ conversation_id: 'c1', after: 41 })
    asked?.ack?.(null, { ok: false, code: 'conversation.not_found' })
    await expect(answer).resolves.toEqual({ ok: false, code: 'conversation.not_found' })
  })

  it('passes events on', () => {
    socket.happen('event', { type: 'queue.changed' })
    expect(heard).toEqual(['queue.changed'])
  })
})
