import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import type { EffectScope, Ref } from 'vue'
import { daysAreReversed, hintFor, NOTHING_SOUGHT, piecesOf, soughtOf, withHint } from './question'
import { PAUSE_MS, useLiveSearch } from './useLiveSearch'
import type { LiveSearch } from './useLiveSearch'

type Asked = { question: string; signal: AbortSignal; answer: (found: string) => void; fail: (error: unknown) => void }

let scope: EffectScope
let asked: Asked[]
let words: Ref<string>
let search: LiveSearch<string>

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  words = ref('')
  scope = effectScope()
  search = scope.run(() =>
    useLiveSearch<string, string>(
      () => words.value || null,
      (question, signal) => new Promise((answer, fail) => { asked.push({ question, signal, answer, fail }) }),
    ),
  )!
})

afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

async function type(text: string, pauseMs = PAUSE_MS): Promise<void> {
  words.value = text
  await nextTick()
  vi.advanceTimersByTime(pauseMs)
}

test('nothing is asked before somebody pauses', async () => {
  await type('退', PAUSE_MS - 1)
  await type('退费', PAUSE_MS - 1)
  expect(asked).toEqual([])
  vi.advanceTimersByTime(1)
  expect(asked.map((one) => one.question)).toEqual(['退费'])
})

test('typing on gives the request before up, and its late answer is never shown', async () => {
  await type('退')
  await type('退费')
  expect(asked[0]?.signal.aborted).toBe(true)
  expect(asked[1]?.signal.aborted).toBe(false)
  asked[1]!.answer('new')
  await flushPromises()
  asked[0]!.answer('old')
  await flushPromises()
  expect(search.answer.value).toBe('new')
  expect(search.phase.value).toBe('ready')
})

test('the failure of a request that was given up is no failure', async () => {
  await type('退')
  await type('退费')
  asked[0]!.fail(new Error('aborted'))
  await flushPromises()
  expect(search.phase.value).toBe('searching')
})

test('a failure keeps the last answer, and the same can be asked again', async () => {
  await type('退')
  asked[0]!.answer('found')
  await flushPromises()
  await type('退费')
  asked[1]!.fail(new Error('down'))
  await flushPromises()
  expect(search.phase.value).toBe('failed')
  expect(search.answer.value).toBe('found')
  search.again()
  vi.advanceTimersByTime(0)
  expect(asked.at(-1)?.question).toBe('退费')
})

test('an emptied field asks nothing and shows nothing', async () => {
  await type('退')
  await type('')
  expect(asked[0]?.signal.aborted).toBe(true)
  expect(search.phase.value).toBe('idle')
  expect(search.answer.value).toBeNull()
})

test('leaving gives the running request up', async () => {
  await type('退')
  scope.stop()
  expect(asked[0]?.signal.aborted).toBe(true)
})

test('four digits may be a telephone, a day with digits a number', () => {
  expect(hintFor('1001')).toEqual({ field: 'person', words: '1001' })
  expect(hintFor(' 13800001001 ')).toEqual({ field: 'person', words: '13800001001' })
  expect(hintFor('#7')).toEqual({ field: 'number', words: '7' })
  expect(hintFor('20261123-0007')).toEqual({ field: 'number', words: '20261123-0007' })
  expect(hintFor('退费')).toBeNull()
  expect(hintFor('12')).toBeNull()
  expect(withHint({ ...NOTHING_SOUGHT, text: '1001' }, hintFor('1001')!)).toEqual({ ...NOTHING_SOUGHT, person: '1001' })
})

test('blanks are no search, and days stand in order', () => {
  expect(soughtOf({ ...NOTHING_SOUGHT, text: '  ' })).toBeNull()
  expect(soughtOf({ ...NOTHING_SOUGHT, since: '2026-11-01' })).toEqual({ ...NOTHING_SOUGHT, since: '2026-11-01' })
  expect(daysAreReversed({ ...NOTHING_SOUGHT, since: '2026-11-02', until: '2026-11-01' })).toBe(true)
  expect(daysAreReversed({ ...NOTHING_SOUGHT, since: '2026-11-02' })).toBe(false)
})

test('what was found is marked wherever it stands', () => {
  expect(piecesOf('Refund: refund 退费', 'refund')).toEqual([
    { text: 'Refund', found: true },
    { text: ': ', found: false },
    { text: 'refund', found: true },
    { text: ' 退费', found: false },
  ])
  expect(piecesOf('退费', '')).toEqual([{ text: '退费', found: false }])
  expect(piecesOf('没有', '退费')).toEqual([{ text: '没有', found: false }])
})
