import { flushPromises, mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import type { DoctorDay, DoctorSession, PatientLine } from './api'
import { clockWithSeconds, secondsTo, splitPatients, stateOf } from './day'
import { REFRESH_MS, useToday } from './useToday'
import type { Today } from './useToday'

const NOW = Date.parse('2026-11-23T02:00:00Z')

let today: Today
let page: VueWrapper
let signedOut: number
let answers: (() => Promise<Response>)[]
let asked: number

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
  signedOut = 0
  asked = 0
  answers = []
  vi.stubGlobal('fetch', () => {
    asked += 1
    return (answers.shift() ?? (() => Promise.resolve(answer(200, day()))))()
  })
})

afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function day(): DoctorDay {
  const doctor = { id: 'd', name: '吴安然', name_en: '', title: '' }
  return { role: 'doctor', doctor, day: '2026-11-23', server_time: new Date(Date.now()).toISOString(), sessions: [], others: [], desk: [] }
}

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status })
}

async function open(): Promise<void> {
  const Page = defineComponent({
    setup() {
      today = useToday(() => { signedOut += 1 })
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

test('the day is read at once and again every twenty seconds', async () => {
  await open()
  expect(today.freshness.value).toBe('fresh')
  await pass(REFRESH_MS - 1)
  expect(asked).toBe(1)
  await pass(1)
  expect(asked).toBe(2)
})

test('a silent server makes the screen stale, keeps what is known, and is asked again soon', async () => {
  await open()
  answers = [() => Promise.reject(new TypeError('no net'))]
  await pass(REFRESH_MS)
  expect(today.freshness.value).toBe('stale')
  expect(today.day.value?.server_time).toBe('2026-11-23T02:00:00.000Z')
  await pass(3_000)
  expect(today.freshness.value).toBe('fresh')
  expect(today.day.value?.server_time).toBe('2026-11-23T02:00:23.000Z')
})

test('losing the network is said before any request has failed; its return refreshes', async () => {
  await open()
  window.dispatchEvent(new Event('offline'))
  expect(today.freshness.value).toBe('stale')
  window.dispatchEvent(new Event('online'))
  await flushPromises()
  expect(today.freshness.value).toBe('fresh')
  expect(asked).toBe(2)
})

test('an answer that was on its way when the network went does not make the screen fresh', async () => {
  await open()
  let arrive = (): void => undefined
  answers = [() => new Promise((resolve) => { arrive = () => { resolve(answer(200, day())) } })]
  window.dispatchEvent(new Event('focus'))
  window.dispatchEvent(new Event('offline'))
  arrive()
  await flushPromises()
  expect(today.freshness.value).toBe('stale')
  await pass(3_000)
  expect(today.freshness.value).toBe('fresh')
})

test('coming back to the page refreshes it', async () => {
  await open()
  window.dispatchEvent(new Event('focus'))
  await flushPromises()
  expect(asked).toBe(2)
})

test('a session that has ended leads to the door', async () => {
  answers = [() => Promise.resolve(answer(401, { code: 'auth.sign_in_needed', fields: {} }))]
  await open()
  expect(signedOut).toBe(1)
})

test('an account without a doctor is told so and not asked for ever', async () => {
  answers = [() => Promise.resolve(answer(404, { code: 'auth.no_doctor', fields: {} }))]
  await open()
  expect(today.refusal.value?.code).toBe('auth.no_doctor')
  await pass(60_000)
  expect(asked).toBe(1)
})

test('sessions are before, running, over or cancelled', async () => {
  await open()
  const session = (from: number, to: number, status = 'scheduled'): DoctorSession => ({
    id: 's', department: '', department_en: '', starts_at: new Date(NOW + from).toISOString(), ends_at: new Date(NOW + to).toISOString(), kind: 'morning', status, running: false, patients: [], doctor: '', doctor_en: '',
  })
  expect(stateOf(session(1, 2), NOW)).toBe('before')
  expect(stateOf(session(0, 1), NOW)).toBe('running')
  expect(stateOf(session(-2, 0), NOW)).toBe('over')
  expect(stateOf(session(-1, 1, 'cancelled'), NOW)).toBe('cancelled')
})

test('whoever is seen is folded away; whoever is late is told with how much', async () => {
  await open()
  const patient = (id: string, status: string, minutes: number): PatientLine => ({
    appointment_id: id, patient_id: 'p1', child: '刘*', sex: 'male', age: '4岁', age_en: '4 y', starts_at: new Date(NOW + minutes * 60_000).toISOString(), kind: 'video', status, number_in_line: 1, online: false, last_seen_at: null,
  })
  const split = splitPatients([patient('a', 'done', -30), patient('b', 'checked_in', -5), patient('c', 'missed', -9)])
  expect([split.expected.map((one) => one.appointment_id), split.finished.map((one) => one.appointment_id)]).toEqual([['b'], ['a', 'c']])
  expect(secondsTo(patient('b', 'checked_in', -5), NOW)).toBe(-300)
  expect(secondsTo(patient('b', 'in_progress', -5), NOW)).toBeNull()
  expect(secondsTo(patient('b', 'booked', 600), NOW)).toBeNull()
  expect(clockWithSeconds('2026-11-23T01:42:10Z')).toBe('09:42:10')
})
