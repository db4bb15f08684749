import { afterEach, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import type { PublicationView } from './api'
import { isNews, usePublication } from './usePublication'
import type { Publication } from './usePublication'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const NOW = Date.parse('2026-11-23T02:00:00Z')

function publication(state: string, decided: string | null, more: Partial<PublicationView> = {}): PublicationView {
  return {
    id: 'p', state, entries: 1, asked_at: '2026-11-23T01:00:00Z', asked_by: '林知夏', done: 0, total: 0, report: null,
    reason: '', decided_at: decided, decided_by: '', release: null, alone_reason: '', undone_at: null, undone_by: '',
    undoable: false, questions: {}, ...more,
  }
}

test('what is checked or waits for a decision is shown to whoever opens the page, however old', () => {
  expect(isNews(publication('checking', null), NOW, null)).toBe(true)
  expect(isNews(publication('blocked', null), NOW, 'p')).toBe(true)
})

test('what ended a moment ago is still shown after a reload, unless it was put away', () => {
  const failed = publication('failed', '2026-11-23T01:45:00Z')
  expect(isNews(failed, NOW, null)).toBe(true)
  expect(isNews(failed, NOW, 'p')).toBe(false)
})

test('what ended long ago is in the record only', () => {
  expect(isNews(publication('published', '2026-11-22T09:00:00Z'), NOW, null)).toBe(false)
})

test('what was undone a moment ago is news, whenever it was published', () => {
  const undone = publication('published', '2026-11-22T09:00:00Z', { undone_at: '2026-11-23T01:59:00Z' })
  expect(isNews(undone, NOW, null)).toBe(true)
})

test('how old a publication is, the server says: this computer may be hours ahead and have heard nothing else yet', async () => {
  vi.useFakeTimers({ now: NOW + 5 * 3_600_000 })
  const latest = { publication: publication('published', '2026-11-23T01:45:00Z'), now: new Date(NOW).toISOString() }
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(latest)))
  const scope = effectScope()
  const { shown } = scope.run(() => usePublication(() => undefined)) as Publication
  await vi.waitFor(() => { expect(shown.value?.id).toBe('p') })
  scope.stop()
})
