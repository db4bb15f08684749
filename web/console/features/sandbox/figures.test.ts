import { expect, test } from 'vitest'
import type { Figure, Report } from './api'
import { FIGURES, amount, asCsv, difference, isKnown, scaled, verdict } from './figures'

function figure(name: string, mean: number | null, low: number | null = null, high: number | null = null): Figure {
  return { name, mean, low, high }
}

test.each([
  ['answer_rate', 0.957, '95.7 %'],
  ['wait_p90', 12.34, '12.3 s'],
  ['spread', 0.481, '0.48'],
  ['within_20', null, '–'],
])('%s of %s is said as %s', (name, value, words) => {
  expect(amount(name, value)).toBe(words)
})

test('a difference stands with its interval and its sign, and nothing has none', () => {
  expect(difference(figure('answer_rate', 0.021, 0.004, 0.038))).toBe('+2.1 (+0.4 … +3.8)')
  expect(difference(figure('wait_mean', -3.24, -5, -1.48))).toBe('-3.2 (-5.0 … -1.5)')
  expect(difference(figure('occupancy', -0.0001, -0.0003, 0.0001))).toBe('0.0 (0.0 … 0.0)')
  expect(difference(figure('answer_rate', 0.5))).toBe('+50.0')
  expect(difference(undefined)).toBe('–')
})

test('only an interval without 0 is better or worse, and which way is better depends on the figure', () => {
  expect(verdict(figure('answer_rate', 0.02, 0.01, 0.03))).toBe('better')
  expect(verdict(figure('answer_rate', -0.02, -0.03, -0.01))).toBe('worse')
  expect(verdict(figure('abandonment', -0.02, -0.03, -0.01))).toBe('better')
  expect(verdict(figure('wait_p99', 4, 1, 7))).toBe('worse')
  expect(verdict(figure('within_20', 0.02, -0.01, 0.05))).toBe('unclear')
  expect(verdict(figure('within_20', 0, 0, 0))).toBe('same')
  expect(verdict(figure('within_20', 0.02))).toBe('unclear')
  expect(verdict(undefined)).toBe('unclear')
})

test('busier is neither better nor worse', () => {
  expect(verdict(figure('occupancy', 0.2, 0.1, 0.3))).toBe('unclear')
})

test('the table for spreadsheets has a line for each figure, with empty cells for what is not there', () => {
  const variant = (name: string): Report['variants'][number] => ({
    name, policy_version: 1, agents_there: 2, figures: [figure('answer_rate', 0.9, 0.8, 1)], hours: [], waits: [], agents: [], classes: [],
    totals: { contacts: 1, messages: 0, entered: 1, answered: 1, abandoned: 0, converted: 0, left: 0 },
  })
  const report: Report = {
    since: '2026-11-30T00:00:00Z', until: '2026-12-01T00:00:00Z', source: 'generated', replications: 2, seed: 1, theory: [],
    variants: [variant('new'), variant('today')], differences: [figure('answer_rate', 0.1, 0, 0.2)],
  }
  const [head, first, second, ...rest] = asCsv(report).split('\r\n')
  expect(head).toBe('figure,new,new_low,new_high,today,today_low,today_high,difference,difference_low,difference_high')
  expect(first).toBe('answer_rate,0.9,0.8,1,0.9,0.8,1,0.1,0,0.2')
  expect(second).toBe('within_15,,,,,,,,,')
  expect(rest).toHaveLength(FIGURES.length - 2)
})

test('unknown figures are not guessed at', () => {
  expect([isKnown('answer_rate'), isKnown('luck')]).toEqual([true, false])
  expect(scaled('answer_rate', -0.00001)).toBe('0.0')
})
