/** The outbox at work: one request per tap whatever the network does, and nothing of it left after signing out. */
import { flushPromises, mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import type { Listener } from './live'
import { request, type } from './testing/samples'
import { provideRequests } from './useRequests'
import type { RequestDesk } from './useRequests'

const CALL = { kind: 'raise', typeKey: 'call_patient', appointmentId: 'a1', form: {} } as const

let desk: RequestDesk
let page: VueWrapper
let live: Listener
let posted: string[]
let net: 'up' | 'down' | 'answer_lost' | 'refuses'

beforeEach(async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-23T02:00:00Z') })
  sessionStorage.clear()
  posted = []
  net = 'up'
  vi.stubGlobal('fetch', serve)
  await open()
})

afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function serve(path: string, options: RequestInit): Promise<Response> {
  if (net === 'down') return Promise.reject(new TypeError('no net'))
  if (options.method !== 'POST') return answer(200, path.endsWith('types') ? { types: [type()] } : { requests: [] })
  posted.push((JSON.parse(String(options.body)) as { client_key: string }).client_key)
  if (net === 'answer_lost') return Promise.reject(new TypeError('cut off'))
  return net === 'refuses' ? answer(404, { code: 'assist.patient_not_yours', fields: {} }) : answer(200, request())
}

function answer(status: number, body: unknown): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status }))
}

async function open(staffId = 's1'): Promise<void> {
  const Page = defineComponent({
    setup() {
      desk = provideRequests(staffId, (_, listener) => {
        live = listener
        return { hurry: () => undefined, close: () => undefined }
      })
      return () => h('p')
    },
  })
  page = mount(Page)
  await flushPromises()
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
  await flushPromises()
}

test('two quick taps are one request', async () => {
  desk.send(CALL)
  desk.send(CALL)
  await flushPromises()
  expect(posted).toHaveLength(1)
  expect(desk.requests.value.r1?.state).toBe('waiting')
  expect(desk.items.value).toEqual([])
})

test('after a lost answer the same key is sent until one comes', async () => {
  net = 'answer_lost'
  desk.send(CALL)
  await flushPromises()
  expect(desk.items.value.map((one) => one.state)).toEqual(['lost'])
  await pass(2_000)
  net = 'up'
  await pass(10_000)
  expect(desk.items.value).toEqual([])
  expect(posted.length).toBeGreaterThan(2)
  expect(new Set(posted).size).toBe(1)
})

test('a tap without a network is kept and goes when the line is back', async () => {
  net = 'down'
  desk.send(CALL)
  await flushPromises()
  net = 'up'
  live.onUp()
  await flushPromises()
  expect([posted.length, desk.items.value, desk.line.value]).toEqual([1, [], 'live'])
})

test('a tap survives a reload, but not for another account', async () => {
  net = 'down'
  desk.send(CALL)
  await flushPromises()
  page.unmount()
  await open('s2')
  expect(desk.items.value).toEqual([])
  page.unmount()
  net = 'up'
  await open('s1')
  expect(posted).toHaveLength(1)
})

test('a tap of long ago is not sent without asking', async () => {
  net = 'down'
  desk.send(CALL)
  await pass(11 * 60_000)
  net = 'up'
  live.onUp()
  await flushPromises()
  expect(desk.items.value.map((one) => one.state)).toEqual(['old'])
  desk.retry(desk.items.value[0]!)
  await flushPromises()
  expect(posted).toHaveLength(1)
})

test('a refusal stays in sight and is not repeated', async () => {
  net = 'refuses'
  desk.send(CALL)
  await pass(60_000)
  expect(desk.items.value.map((one) => [one.state, one.failure])).toEqual([['refused', 'assist.patient_not_yours']])
  expect(posted).toHaveLength(1)
  desk.drop(desk.items.value[0]!)
  expect(desk.items.value).toEqual([])
})

test('news on the line move a request, and a line that is gone is known', () => {
  desk.take(request())
  live.onRequest(request({ version: 2, state: 'accepted' }))
  expect(desk.requests.value.r1?.state).toBe('accepted')
  live.onDown()
  expect(desk.line.value).toBe('down')
})

test('signing out leaves nothing on the phone', async () => {
  net = 'down'
  desk.send(CALL)
  await flushPromises()
  desk.forget()
  await flushPromises()
  expect(desk.items.value).toEqual([])
  expect(JSON.parse(sessionStorage.getItem('caredesk.doctor.outbox.s1') ?? '[]')).toEqual([])
})
