import { beforeEach, expect, test } from 'vitest'
import type { CandidateView, DecisionView } from '../../api/panels'
import { setLanguage } from '../../i18n'
import { explain, inOrder } from './sentence'
import { turnsOf } from './turns'
import { decisionSentence, triggerWords } from './words'

beforeEach(() => { setLanguage('zh') })

function candidate(name: string, about: Partial<CandidateView> = {}): CandidateView {
  return { staff_id: name, name, eligible: true, excluded: [], load: 1, capacity: 5, level: 2, idle_seconds: 60, rank: null, state: 'ready', scores: [], ...about }
}

const out = (name: string, reason: string): CandidateView => candidate(name, { eligible: false, excluded: [reason] })

function decision(chosen: string | null, candidates: CandidateView[]): DecisionView {
  return { id: 'd', decided_by: null, priority: null, waited_seconds: null, ring: 0, at: '2026-11-23T01:42:00Z', queue_name: '在线客服', trigger: 'arrival', chosen_staff_id: chosen, chosen_name: chosen, candidates, policy_version: 1 }
}

test('the sentence says when, who, why, and why not the others', () => {
  const one = decision('客服小林', [
    candidate('客服小林', { rank: 0, idle_seconds: 300 }),
    candidate('小张', { rank: 1, idle_seconds: 60 }),
    out('小王', 'not_ready'),
    out('小李', 'no_capacity'),
  ])
  expect(decisionSentence(one)).toBe('09:42 派给 客服小林：空闲最久（5 分钟），负载 1/5；小李已满 1/5，小王未就绪。')
})

test('when nobody could be asked, the sentence says so', () => {
  expect(decisionSentence(decision(null, [out('小王', 'not_ready'), out('小李', 'no_capacity')]))).toBe(
    '09:42 暂时没有人可派；小李已满 1/5，小王未就绪。',
  )
  expect(decisionSentence(decision(null, []))).toBe('09:42 暂时没有人可派。')
})

test('many with the same reason are named once', () => {
  const away = ['甲', '乙', '丙', '丁'].map((name) => out(name, 'not_connected'))
  expect(decisionSentence(decision('小林', [candidate('小林', { rank: 0 }), ...away]))).toBe(
    '09:42 派给 小林：当时只有这一位可接，负载 1/5；甲、乙、丙等 4 人未连接。',
  )
})

test.each([
  ['least_loaded', { load: 0 }, { load: 2 }],
  ['longest_idle', { idle_seconds: 90 }, { idle_seconds: 10 }],
  ['most_skilled', { level: 3 }, { level: 1 }],
  ['in_order', {}, {}],
  ['preferred', { load: 3 }, { load: 0 }],
  ['preferred', { idle_seconds: 10 }, { idle_seconds: 90 }],
] as const)('the advantage over the next in line is %s', (advantage, first, second) => {
  const one = decision('a', [candidate('b', { rank: 1, ...second }), candidate('a', { rank: 0, ...first })])
  expect(explain(one).advantage).toBe(advantage)
})

test('candidates stand in the order in which they would have been asked', () => {
  const one = decision('a', [out('c', 'not_ready'), candidate('b', { rank: 1 }), candidate('a', { rank: 0 })])
  expect(inOrder(one).map((each) => each.name)).toEqual(['a', 'b', 'c'])
})

test('a trigger that has no words yet is still a sentence', () => {
  expect(triggerWords('offer_timed_out')).toBe('邀请超时')
  expect(triggerWords('moon_phase')).toBe('其他原因')
})

test('candidates of the bot are read without trusting their shape', () => {
  const turn = { question_id: 'q', reply_id: null, outcome: 'answer', entry_id: 'e', confidence: 0.9, index_version: 'v', helpful: null, at: '2026-11-23T01:00:00Z' }
  const [shown] = turnsOf([{ ...turn, candidates: [{ id: 'f' }, { id: 'e', question: '退费', score: 7 }, { score: 'x' }] }], [])
  expect(shown?.weighed).toEqual([
    { id: 'e', question: '退费', score: 1 },
    { id: 'f', question: 'f', score: 0 },
    { id: '', question: '', score: 0 },
  ])
})
