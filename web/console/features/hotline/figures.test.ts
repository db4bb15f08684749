import { expect, test } from 'vitest'
import type { Figure } from './api'
import { partsOf, valueOf } from './figures'

const figure = (part: Partial<Figure>): Figure => ({ name: 'answer_rate', value: 0.5, unit: 'share', part: 1, whole: 2, excludes: [], ...part })

test('a share is in percent and never rounded up to a promise', () => {
  expect([valueOf(figure({ value: 0.9496 })), valueOf(figure({ value: 1 })), valueOf(figure({ value: 0 }))]).toEqual(['94.9%', '100.0%', '0.0%'])
})

test('without any call there is no share, and nothing that it is made of', () => {
  expect([valueOf(figure({ value: null })), partsOf(figure({ value: null, part: 0, whole: 0 }))]).toEqual(['–', ''])
})

test('times are minutes and seconds, and calls are counted beside a share', () => {
  expect(valueOf(figure({ name: 'average_handling', unit: 'seconds', value: 185.4 }))).toBe('3:05')
  expect([partsOf(figure({ part: 19, whole: 20 })), partsOf(figure({ name: 'occupancy', part: 812.5, whole: 3600 }))]).toEqual(['19 / 20', ''])
})
