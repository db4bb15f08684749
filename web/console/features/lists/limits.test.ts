import { expect, test } from 'vitest'
import { queue } from '../../testing/samples'
import { counted, limitsOf, toneOf, usedUp } from './limits'

test('a queue that promises three minutes warns at half of them and alarms when they are over', () => {
  const limits = limitsOf(queue({ service_level_seconds: 180 }))
  expect([89, 90, 179, 180].map((seconds) => toneOf(seconds, limits))).toEqual(['quiet', 'wait', 'wait', 'alarm'])
  expect(usedUp(90, limits)).toBe(0.5)
})

test('without a queue a minute is long', () => {
  expect(toneOf(60, limitsOf(undefined))).toBe('alarm')
})

test('the hours in which the queue is closed are not held against an agent', () => {
  const limits = { amber: 90, red: 180 }
  const asked = '2026-11-23T09:59:00Z' // a minute before the queue closes for the night
  const owed = { waiting_reply_since: asked, reply_due_at: '2026-11-24T00:02:00Z' }
  const seconds = ['2026-11-23T20:00:00Z', '2026-11-24T00:01:00Z', '2026-11-24T00:02:30Z'].map((now) => counted(owed, asked, Date.parse(now), limits))
  expect(seconds).toEqual([0, 120, 210])
})

test('where no reply is owed by a time, all the time counts', () => {
  const none = { waiting_reply_since: null, reply_due_at: null }
  expect(counted(none, '2026-11-23T09:00:00Z', Date.parse('2026-11-23T09:05:00Z'), limitsOf(undefined))).toBe(300)
})
