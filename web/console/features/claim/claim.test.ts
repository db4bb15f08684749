import { expect, test } from 'vitest'
import { agent, summary } from '../../testing/samples'
import { mayClaim } from './mayClaim'

const me = agent({ queue_ids: ['q1'] })
const waiting = summary({ status: 'waiting', queue_id: 'q1' })

test('who serves the queue may take somebody out of order where the rules allow it', () => {
  expect(mayClaim(waiting, me, true)).toBe(true)
  expect(mayClaim(waiting, me, false)).toBe(false)
})

test('nobody takes what is served, left as a message or waits in another queue', () => {
  expect(mayClaim({ ...waiting, status: 'active' }, me, true)).toBe(false)
  expect(mayClaim({ ...waiting, status: 'message' }, me, true)).toBe(false)
  expect(mayClaim({ ...waiting, queue_id: 'q2' }, me, true)).toBe(false)
  expect(mayClaim(waiting, undefined, true)).toBe(false)
})

test('nobody takes a call by hand: it rings', () => {
  expect(mayClaim({ ...waiting, channel: 'hotline' }, me, true)).toBe(false)
})
