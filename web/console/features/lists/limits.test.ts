import { expect, test } from 'vitest'
import { queue } from '../../testing/samples'
import { limitsOf, toneOf, usedUp } from './limits'

test('a queue that promises three minutes warns at half of them and alarms when they are over', () => {
  const limits = limitsOf(queue({ service_level_seconds: 180 }))
  expect([89, 90, 179, 180].map((seconds) => toneOf(seconds, limits))).toEqual(['quiet', 'wait', 'wait', 'alarm'])
  expect(usedUp(90, limits)).toBe(0.5)
})

test('without a queue a minute is long', () => {
  expect(toneOf(60, limitsOf(undefined))).toBe('alarm')
})
