/** The live line tells of one's own requests, and when nobody answers on it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HIDDEN_MS, PING_MS, connect } from './live'
import type { Connection } from './live'
import { request } from './testing/samples'

type Handler = (argument?: unknown) => void

let heard: string[]
let handlers: Record<string, Handler>
let line: FakeLine
let connection: Connection

class FakeLine {
  connected = true
  connects = 0
  answers = true
  io = { engine: { close: () => { heard.push('engine closed') } } }
  on(name: string, handler: Handler): void { handlers[name] = handler }
  timeout(): { emit: (name: string, payload: unknown, answer: (failure: Error | null, said?: { at: string }) => void) => void } {
    return { emit: (_, __, answer) => { answer(this.answers ? null : new Error('late'), this.answers ? { at: '' } : undefined) } }
  }
  connect(): void { this.connects += 1 }
  disconnect(): void { heard.push('disconnected') }
}

beforeEach(() => {
  vi.useFakeTimers()
  heard = []
  handlers = {}
  line = new FakeLine()
  connection = connect('csrf', {
    onRequest: (one) => { heard.push(`request ${one.id}`) },
    onUp: () => { heard.push('up') },
    onDown: () => { heard.push('down') },
  }, () => line as never)
})

afterEach(() => {
  connection.close()
  vi.useRealTimers()
})

test('only news of requests are for this page', () => {
  handlers.event?.({ type: 'presence.changed' })
  handlers.event?.({ type: 'assist.changed', request: request() })
  expect(heard).toEqual(['request r1'])
})

test('the line comes and goes; one that the server has closed is opened again', () => {
  handlers.connect?.()
  handlers.disconnect?.('transport close')
  expect([heard, line.connects]).toEqual([['up', 'down'], 0])
  handlers.disconnect?.('io server disconnect')
  expect(line.connects).toBe(1)
})

test('a refusal for want of a session is not repeated, any other is', () => {
  const refused = (code: string): void => handlers.connect_error?.(Object.assign(new Error('no'), { data: { code } }))
  refused('auth.sign_in_needed')
  vi.advanceTimersByTime(60_000)
  expect(line.connects).toBe(0)
  refused('rate.limited')
  vi.advanceTimersByTime(60_000)
  expect(line.connects).toBe(1)
})

test('a line on which nobody answers is given up', () => {
  vi.advanceTimersByTime(PING_MS)
  expect(heard).toEqual([])
  line.answers = false
  vi.advanceTimersByTime(PING_MS)
  expect(heard).toEqual(['down', 'engine closed'])
})

test('hurrying opens a line that is not there, and leaves one that is', () => {
  connection.hurry()
  expect(line.connects).toBe(0)
  line.connected = false
  connection.hurry()
  expect(line.connects).toBe(1)
})

function show(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

test('a page that nobody looks at hangs up, so that news goes out by push; looked at again it calls', () => {
  show(true)
  vi.advanceTimersByTime(HIDDEN_MS - 1)
  show(false)
  vi.advanceTimersByTime(HIDDEN_MS)
  expect(heard).toEqual([])
  show(true)
  vi.advanceTimersByTime(HIDDEN_MS)
  expect(heard).toEqual(['disconnected'])
  line.connected = false
  show(false)
  expect(line.connects).toBe(1)
})
