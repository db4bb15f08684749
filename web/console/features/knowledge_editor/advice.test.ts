import { expect, test } from 'vitest'
import { adviceCount, lackingFacts, missedOf } from './advice'
import type { Advice } from './api'
import { emptyForm } from './form'

const MISSED: Advice['missed'] = [
  { text: '退款几天到', led_to: 'refund', question: '退款多久到账？', outcome: 'answer' },
  { text: '钱', led_to: 'refund', question: '退款多久到账？', outcome: 'suggest' },
  { text: '新鲜事', led_to: '', question: '', outcome: 'none' },
]
const ADVICE: Advice = { near: [], contradictions: [], missed: MISSED, tried: 3 }
const WHOLE = { ...emptyForm(), answer: '答', source: '《办法》', owner: '财务处', valid_until: '2027-12-31' }

test('of a new entry only what the base answers already is worth a look', () => {
  expect(missedOf(ADVICE, true).map((one) => one.text)).toEqual(['退款几天到'])
  expect(missedOf(ADVICE, false)).toHaveLength(3)
  expect(missedOf(null, true)).toEqual([])
})

test('an answer without source, owner or end lacks what parents are shown', () => {
  expect(lackingFacts({ ...WHOLE, source: ' ', valid_until: null })).toEqual(['source', 'valid_until'])
  expect(lackingFacts(WHOLE)).toEqual([])
  expect(lackingFacts(emptyForm())).toEqual([])
})

test('what is lacking counts as one thing to look at', () => {
  expect(adviceCount(ADVICE, true, WHOLE)).toBe(1)
  expect(adviceCount(ADVICE, true, { ...WHOLE, owner: '', source: '' })).toBe(2)
  expect(adviceCount(null, false, emptyForm())).toBe(0)
})
