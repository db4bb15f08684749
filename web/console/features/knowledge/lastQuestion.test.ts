import { expect, test } from 'vitest'
import type { TimelineEntry } from '../../api/types'
import { lastQuestion, LONGEST_QUESTION, validity } from './lastQuestion'

const NOW = Date.parse('2026-11-23T02:00:00Z')

function said(author: TimelineEntry['author'], text: string): TimelineEntry {
  return {
    id: text, conversation_id: 'c', seq: 1, patient_seq: 1, kind: 'message', internal: false, author, author_id: '',
    author_name: '', client_key: null, body: { kind: 'text', text }, at: '2026-11-23T02:00:00Z',
  }
}

test('the last words of the family are looked up, in one line', () => {
  expect(lastQuestion([said('visitor', '退费'), said('visitor', '药\n到哪了 '), said('agent', '稍等')])).toBe('药 到哪了')
})

test('a visitor who said nothing leaves the field empty', () => {
  expect(lastQuestion([said('agent', '您好')])).toBe('')
})

test('a long story is cut to what the search takes', () => {
  expect(Array.from(lastQuestion([said('visitor', '药'.repeat(500))]))).toHaveLength(LONGEST_QUESTION)
})

test('an answer says how long it holds, to the end of its day at the clinic', () => {
  expect(validity(null, NOW)).toBe('always')
  expect(validity('2027-12-31', NOW)).toBe('long')
  expect(validity('2026-12-01', NOW)).toBe('soon')
  expect(validity('2026-11-23', NOW)).toBe('soon')
  expect(validity('2026-11-22', NOW)).toBe('over')
})
