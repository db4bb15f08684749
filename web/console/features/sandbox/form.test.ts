import { expect, test } from 'vitest'
import type { Rule } from '../policy/api'
import { DRAFT, emptyForm, wishOf } from './form'
import type { RunForm } from './form'

const RULES: Rule[] = [{ rule: 'longest_idle' }]

function form(part: Partial<RunForm> = {}): RunForm {
  return { ...emptyForm('2026-11-30', '2026-11-24', '2026-12-01'), ...part }
}

test('recorded days are asked for by their dates, under the rules that hold', () => {
  expect(wishOf(form({ title: ' 周一 ' }))).toEqual({ title: '周一', roster_change: 0, replications: 20, first: '2026-11-24', last: '2026-11-30' })
})

test('an older version and rules that hold nowhere yet are both ways to another policy', () => {
  expect(wishOf(form({ policy: '3' }))).toMatchObject({ policy_version: 3 })
  expect(wishOf(form({ policy: DRAFT }), RULES)).toMatchObject({ policy: { rules: RULES } })
})

test('a draft that is gone leaves the rules that hold', () => {
  const wish = wishOf(form({ policy: DRAFT }))
  expect(wish).not.toHaveProperty('policy')
  expect(wish).not.toHaveProperty('policy_version')
})

test('a made-up day has its three stretches and people who handle and wait in seconds', () => {
  const wish = wishOf(form({ source: 'generated', queue: 'general', handlingMinutes: 7.5 }))
  expect(wish).not.toHaveProperty('first')
  expect(wish.scenario).toMatchObject({ from: '2026-12-01', days: 1, queues: { general: { handling: { mean_seconds: 450 }, patience: { mean_seconds: 300 } } } })
  expect(JSON.stringify(wish.scenario)).toContain('"per_hour":40')
})
