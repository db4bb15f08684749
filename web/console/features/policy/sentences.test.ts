import { expect, test } from 'vitest'
import type { PolicyQueue, Rule, RuleChange } from './api'
import { changeTitle, hasFields, isRanking, queueName, seconds, sentenceOf, sideOf } from './sentences'

const QUEUES: PolicyQueue[] = [{ key: 'general', name: '在线客服', name_en: 'Online' }, { key: 'medicine', name: '药品与物流', name_en: '' }]

function change(part: Partial<RuleChange>): RuleChange {
  return { rule: 'sticky_agent', queue: null, before: null, after: null, ...part }
}

test('times are said in the largest unit that is whole', () => {
  expect([seconds(45), seconds(120), seconds(90), seconds(7200), seconds(0)]).toEqual(['45 秒', '2 分钟', '90 秒', '2 小时', '0 秒'])
})

test.each<[Rule, string]>([
  [{ rule: 'sticky_agent', for_seconds: 300 }, '等候 5 分钟内，先派给上次接待这位家长的客服；那位接不了，就不等。'],
  [{ rule: 'overflow', queue: 'general', after_seconds: 180, to: 'medicine' }, '在线客服里等满 3 分钟还没人接，转到药品与物流，排队时间接着算。'],
  [{ rule: 'promise', queue: null, after_seconds: 900, promise_minutes: 30 }, '所有队列：等满 15 分钟还没人接，改成留言，答应 30 分钟内回复。'],
  [{ rule: 'misses', limit: 3 }, '连续漏接 3 次，自动设为休息并告诉本人。'],
  [{ rule: 'claiming', allowed: false }, '不允许越过排队直接接待。'],
])('%o is a sentence', (rule, sentence) => {
  expect(sentenceOf(rule, QUEUES)).toBe(sentence)
})

test('rings are told one after the other, with whom they let in', () => {
  const rings = [{ after_seconds: 0, min_level: 2, also_queues: [] }, { after_seconds: 60, min_level: 1, also_queues: ['medicine'] }]
  expect(sentenceOf({ rule: 'skill_rings', queue: 'general', rings }, QUEUES)).toBe('在线客服：一开始派给熟练度 2 以上的客服；等满 1 分钟派给熟练度 1 以上的客服和药品与物流的客服。')
})

test('a change has both sides, and what is not there says so', () => {
  const made = change({ rule: 'promise', queue: 'general', after: { rule: 'promise', queue: 'general', after_seconds: 60, promise_minutes: 10 } })
  expect(changeTitle(made, QUEUES)).toBe('等太久改留言回复（在线客服）')
  expect(sideOf(made, 'before', QUEUES)).toBe('没有这条规则')
  expect(sideOf(made, 'after', QUEUES)).toContain('答应 10 分钟内回复')
  const order = change({ rule: 'order', before: { order: ['longest_idle', 'least_loaded'] }, after: { order: ['least_loaded', 'longest_idle'] } })
  expect(sideOf(order, 'after', QUEUES)).toBe('手上最少的优先 → 空闲最久的优先')
})

test('only rules that rank have a place, and only rules with numbers have a form', () => {
  const [sticky, fresh, pause]: Rule[] = [{ rule: 'sticky_agent', for_seconds: 60 }, { rule: 'fresh_first' }, { rule: 'pause', seconds: 30 }]
  expect([sticky, fresh, pause].map((rule) => rule && [isRanking(rule), hasFields(rule)])).toEqual([[true, true], [true, false], [false, true]])
})

test('a queue that is gone keeps its key', () => {
  expect([queueName('general', QUEUES), queueName(null, QUEUES), queueName('gone', QUEUES)]).toEqual(['在线客服', '所有队列', 'gone'])
})
