import { expect, test } from 'vitest'
import { percent } from './share'

const shareOf = (part: number, whole: number): number => percent(part, whole, [80, 100])

test('a share is rounded to the nearest whole per cent', () => {
  expect([shareOf(2, 3), shareOf(1, 3), shareOf(29, 100), shareOf(57, 100), shareOf(0, 0)]).toEqual([67, 33, 29, 57, 0])
})

test('a mark that has not been reached is not shown as reached', () => {
  expect([shareOf(249, 250), shareOf(796, 1000), shareOf(250, 250), shareOf(800, 1000)]).toEqual([99, 79, 100, 80])
})
