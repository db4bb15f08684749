import { expect, test } from 'vitest'
import type { AlertView } from '../../api/types'
import { queue, summary } from '../../testing/samples'
import type { FloorView } from './api'
import { emptyForm, isReady } from './deeds'
import { percent, waited } from './figures'
import { applyToFloor } from './floorState'
import { hoursBetween, place, stretchOf } from './timeline'

const RATE = { part: 0, whole: 0, value: null }
const AT = '2026-11-23T02:00:00Z'

function floor(part: Partial<FloorView> = {}): FloorView {
  return {
    server_time: AT, queues: [], agents: [], conversations: [], by_queue: [], alerts: [], notices: [], sessions: [], staffing: [], actions: [], post: [], guest_of: [],
    figures: { waiting: 0, longest_wait_since: null, service_level: RATE, answer_rate: RATE, abandonment: RATE, average_wait_seconds: null, occupancy: RATE, ready_agents: 0, agents: 0 },
    ...part,
  }
}

function alert(part: Partial<AlertView> = {}): AlertView {
  return { id: 'a1', code: 'nobody_ready', conversation_id: null, staff_id: null, queue_id: 'q1', stage: 'supervisor', raised_at: AT, acknowledged_at: null, acknowledged_by: '', escalated_at: null, ended_at: null, ...part }
}

test('a queue that changes stands with its new state, and the figures are asked for', () => {
  const wall = floor({ queues: [queue({ waiting: 0 })] })
  expect(applyToFloor(wall, { type: 'queue.changed', queue: queue({ waiting: 3 }) })).toBe(true)
  expect(wall.queues.map((one) => one.waiting)).toEqual([3])
})

test('an older version of a conversation changes nothing', () => {
  const wall = floor({ conversations: [summary({ id: 'c1', version: 5, status: 'active' })] })
  const told = { type: 'conversation.changed', conversation: summary({ id: 'c1', version: 4, status: 'closed' }), previous_assignee_id: null, previous_queue_id: null } as const
  expect(applyToFloor(wall, told)).toBe(false)
  expect(wall.conversations).toHaveLength(1)
  expect(applyToFloor(wall, { ...told, conversation: summary({ id: 'c1', version: 6, status: 'closed' }) })).toBe(true)
  expect(wall.conversations).toHaveLength(0)
})

test('an alert comes once, is acknowledged where it stands, and goes when it is over', () => {
  const wall = floor()
  const raised = { type: 'alert.raised', alert_id: 'a1', stage: 'supervisor', code: 'nobody_ready', conversation_id: null, staff_id: null, queue_id: 'q1', at: AT } as const
  applyToFloor(wall, raised)
  applyToFloor(wall, raised)
  expect(wall.alerts).toEqual([alert()])
  applyToFloor(wall, { type: 'alert.changed', alert: alert({ acknowledged_at: AT, acknowledged_by: '主管' }) })
  expect(wall.alerts[0]?.acknowledged_by).toBe('主管')
  applyToFloor(wall, { type: 'alert.changed', alert: alert({ ended_at: AT }) })
  expect(wall.alerts).toEqual([])
})

test('nothing to judge is a dash and never a hundred percent', () => {
  expect(percent(RATE)).toBe('—')
  expect(percent({ part: 3, whole: 4, value: 0.75 })).toBe('75%')
  expect([waited(null), waited(65), waited(3725)]).toEqual(['—', '1:05', '1:02:05'])
})

test('the day begins before its first session, ends after its last, and holds the present', () => {
  const day = stretchOf([{ starts_at: '2026-11-23T00:30:00Z', ends_at: '2026-11-23T03:30:00Z' }], Date.parse(AT))
  expect(hoursBetween(day).map((one) => one.words)).toEqual(['08:00', '09:00', '10:00', '11:00'])
  expect(place('2026-11-23T01:00:00Z', '2026-11-23T02:00:00Z', day)).toEqual({ left: 25, width: 25 })
})

test('a deed needs its reason, words need to be there', () => {
  const notice = { kind: 'notice' } as const
  expect(isReady(notice, emptyForm())).toBe(false)
  expect(isReady(notice, { ...emptyForm(), words: '加号' })).toBe(true)
  const follow = { kind: 'follow', queue: queue() } as const
  expect(isReady(follow, { ...emptyForm(), reason: ' 好 ' })).toBe(false)
  expect(isReady(follow, { ...emptyForm(), reason: '来电了' })).toBe(true)
})
