import { expect, test } from 'vitest'
import type { Figure, RunLine } from './api'
import { differenceSentence, figureName, runTitle, stateTone } from './words'

function run(request: Partial<RunLine['request']>, title = ''): RunLine {
  const whole = { title, first: null, last: null, scenario: null, policy: null, policy_version: null, roster_change: 0, replications: 20, seed: 1, ...request }
  return { id: 'r', title, state: 'done', fault: '', done: 20, total: 20, asked_by: '', asked_at: '', finished_at: null, request: whole }
}

function rate(mean: number, low: number | null, high: number | null): Figure {
  return { name: 'answer_rate', mean, low, high }
}

test('a run without a name is named by what it compares', () => {
  expect(runTitle(run({}, '周一'))).toBe('周一')
  expect(runTitle(run({}))).toBe('现行规则')
  expect(runTitle(run({ policy_version: 2, roster_change: 1 }))).toBe('派单规则第 2 版 · 多 1 位坐席')
  expect(runTitle(run({ policy: { rules: [] }, roster_change: -2 }))).toBe('正在改的规则（还没生效） · 少 2 位坐席')
})

test('a difference is told in points with its interval, the smaller end first', () => {
  expect(differenceSentence(rate(0.02, 0.01, 0.03))).toBe('新方案让接通率提高 2.0 个百分点（95% 区间 1.0–3.0）。')
  expect(differenceSentence(rate(-0.02, -0.03, -0.01))).toBe('新方案让接通率降低 2.0 个百分点（95% 区间 1.0–3.0）。')
})

test('nothing is claimed of chance, of likeness, or of a single run', () => {
  expect(differenceSentence(rate(0.01, -0.01, 0.03))).toContain('不能说更好或更差')
  expect(differenceSentence(rate(0, 0, 0))).toContain('没有变化')
  expect(differenceSentence(rate(0.01, null, null))).toContain('只模拟了一次')
})

test('names and tones are there for what is known, and a strange figure keeps its own name', () => {
  expect([figureName('wait_p50'), figureName('luck')]).toEqual(['等待中位数', 'luck'])
  expect([stateTone('failed'), stateTone('done'), stateTone('cancelled')]).toEqual(['alarm', 'done', 'quiet'])
})
