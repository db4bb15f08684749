import { flushPromises } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import type { EffectScope } from 'vue'
import { setServerTime } from '@shared/now'
import type { Me } from '../../api/types'
import { useSession } from '../../stores/session'
import { reasonInWords } from './reasons'
import { useReveal } from './reveals'
import type { Reveal } from './reveals'

const NOW = Date.parse('2026-11-23T02:00:00Z')
const PHONE = { guardianId: 'g1', field: 'phone', subjectId: '' } as const

let scope: EffectScope
let asked: unknown[]

// The page's clock ticks once for all, so the time of all tests is one.
beforeAll(() => { vi.useFakeTimers() })
afterAll(() => { vi.useRealTimers() })

beforeEach(() => {
  vi.setSystemTime(NOW)
  setServerTime(new Date(NOW).toISOString())
  setActivePinia(createPinia())
  useSession().me = me('staff-1')
  scope = effectScope()
  asked = []
  vi.stubGlobal('fetch', (path: string, options: RequestInit) => {
    asked.push([path, JSON.parse(String(options.body))])
    const body = { value: '13800001001', until: new Date(NOW + 120_000).toISOString() }
    return Promise.resolve(new Response(JSON.stringify(body), { status: 200 }))
  })
})

afterEach(() => {
  // Whatever is uncovered hides by itself, also between tests.
  vi.advanceTimersByTime(600_000)
  scope.stop()
  vi.unstubAllGlobals()
})

function me(staffId: string): Me {
  return { staff_id: staffId, login: 'a', name: 'A', name_en: 'A', roles: [], permissions: [], csrf_token: 't' }
}

function phone(): Reveal {
  return scope.run(() => useReveal(() => PHONE))!
}

async function uncovered(): Promise<Reveal> {
  const shown = phone()
  await shown.reveal('核对身份')
  await flushPromises()
  return shown
}

test('a value is asked for with its reason and counts down until it hides by itself', async () => {
  const shown = await uncovered()
  expect(asked).toEqual([['/api/console/families/g1/reveal', { field: 'phone', subject_id: '', reason: '核对身份' }]])
  expect(shown.value.value).toBe('13800001001')
  expect(shown.secondsLeft.value).toBe(120)
  vi.advanceTimersByTime(119_000)
  expect(shown.secondsLeft.value).toBe(1)
  expect(shown.value.value).toBe('13800001001')
  vi.advanceTimersByTime(1_000)
  expect(shown.secondsLeft.value).toBe(0)
  expect(shown.value.value).toBeNull()
})

test('a value stays for whoever opens the panel again within its time, and not beyond', async () => {
  await uncovered()
  expect(phone().value.value).toBe('13800001001')
  vi.advanceTimersByTime(120_000)
  expect(phone().value.value).toBeNull()
})

test('nobody else at this computer sees what was uncovered', async () => {
  const shown = await uncovered()
  useSession().me = me('staff-2')
  expect(shown.value.value).toBeNull()
})

test('a session that has ended hides everything at once', async () => {
  const shown = await uncovered()
  useSession().expired = true
  expect(shown.value.value).toBeNull()
})

test('it can be hidden before its time', async () => {
  const shown = await uncovered()
  shown.hide()
  expect(shown.value.value).toBeNull()
  expect(shown.secondsLeft.value).toBe(0)
})

test('a reason is a choice with or without words; "other" needs words', () => {
  expect(reasonInWords('identity', '核对身份', '')).toBe('核对身份')
  expect(reasonInWords('identity', '核对身份', ' 家长来电 ')).toBe('核对身份 · 家长来电')
  expect(reasonInWords('other', '其他', '')).toBeNull()
  expect(reasonInWords('other', '其他', '查')).toBeNull()
  expect(reasonInWords('other', '其他', '查快递')).toBe('查快递')
  expect(reasonInWords(null, '', '')).toBeNull()
})
