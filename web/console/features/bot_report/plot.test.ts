import { expect, test } from 'vitest'
import { across, changeOf, pathOf, percent, roundTop, up } from './plot'

const BOX = { width: 120, height: 110, left: 10, right: 10, top: 5, bottom: 5 }
const share = (value: number | null) => ({ part: 0, of: 0, value })

test('the ends of a share are the edges of the box', () => {
  expect([across(BOX, 0), across(BOX, 1)]).toEqual([10, 110])
  expect([up(BOX, 0), up(BOX, 1)]).toEqual([105, 5])
})

test('a line begins with a move and goes on with lines', () => {
  expect(pathOf([[1, 2], [3, 4.56]])).toBe('M1.0 2.0 L3.0 4.6')
  expect(pathOf([])).toBe('')
})

test('an axis ends at a round number that nothing exceeds', () => {
  expect([0, 1, 3, 10, 11, 87, 501].map(roundTop)).toEqual([1, 1, 5, 10, 20, 100, 1000])
})

test('a share of nothing is a dash and has not changed', () => {
  expect([percent(null), percent(0.1234), percent(1)]).toEqual(['–', '12.3%', '100.0%'])
  expect(changeOf(share(0.5), share(null))).toBeNull()
  expect(changeOf(share(0.5), share(0.375))).toBe(12.5)
})
