import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Socket, type WebSocketLike } from './socket'

class Line implements WebSocketLike {
  onmessage: WebSocketLike['onmessage'] = null
  onclose: WebSocketLike['onclose'] = null
  sent: string[] = []
  closed = false
  send(packet: string): void {
    this.sent.push(packet)
  }
  close(): void {
    this.closed = true
  }
  say(data: string): void {
    this.onmessage?.({ data } as MessageEvent<string>)
  }
}

let line: Line
let events: unknown[]
let socket: Socket

beforeEach(() => {
  vi.useFakeTimers()
  line = new Line()
  events = []
  socket = new Socket(
    line,
    { kind: 'visitor', token: 't' },
    {
      opened: () => events.push('opened'),
      heard: (name, payload) => events.push([name, payload]),
      closed: (code) => events.push(['closed', code]),
    },
  )
})

afterEach(() => vi.useRealTimers())

test('shakes hands with the token', () => {
  line.say('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')
  expect(line.sent).toEqual(['40{"kind":"visitor","token":"t"}'])
  line.say('40{"sid":"y"}')
  expect(events).toEqual(['opened'])
})

test('answers pings', () => {
  line.say('2')
  expect(line.sent).toEqual(['3'])
})

test('hears events, also those that carry the number of an answer', () => {
  line.say('42["event",{"type":"agent.typed"}]')
  line.say('4217["beat",{"at":"now"}]')
  expect(events).toEqual([
    ['event', { type: 'agent.typed' }],
    ['beat', { at: 'now' }],
  ])
})

test('matches answers to questions', async () => {
  const first = socket.ask('watch', { after: 1 })
  const second = socket.ask('watch', { after: 2 })
  expect(line.sent).toEqual(['420["watch",{"after":1}]', '421["watch",{"after":2}]'])
  line.say('431[{"ok":true,"head":2}]')
  line.say('430[{"ok":false}]')
  expect(await Promise.all([first, second])).toEqual([{ ok: false }, { ok: true, head: 2 }])
})

test('gives up a line that does not answer', async () => {
  const asked = socket.ask('watch', {})
  const refused = expect(asked).rejects.toThrow('no answer')
  await vi.advanceTimersByTimeAsync(8000)
  await refused
  expect(line.closed).toBe(true)
  expect(events).toEqual([['closed', null]])
})

test('gives up a line that is silent for too long', async () => {
  line.say('40{"sid":"y"}')
  await vi.advanceTimersByTimeAsync(34_000)
  line.say('2')
  await vi.advanceTimersByTimeAsync(34_000)
  expect(events).toEqual(['opened'])
  await vi.advanceTimersByTimeAsync(2000)
  expect(events).toEqual(['opened', ['closed', null]])
})

test('tells why the desk refused', () => {
  line.say('44{"message":"refused","data":{"code":"visit.unknown"}}')
  expect(events).toEqual([['closed', 'visit.unknown']])
})

test('says nothing more once it is closed', () => {
  socket.close()
  line.say('42["event",{}]')
  line.onclose?.({} as CloseEvent)
  expect(events).toEqual([])
})
