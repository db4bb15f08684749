import { expect, test } from 'vitest'
import type { AlertView } from '../../api/types'
import { queue, summary } from '../../testing/samples'
import type { FloorView, PulseSession } from './api'
import { emptyForm, isReady } from './deeds'
import { percent, waited } from './figures'
import { applyToFloor } from './floorState'
import { hoursBetween, lanesOf, place, stretchOf } from './timeline'

const RATE = { part: 0, whole: 0, value: null }
const AT = '2026-11-23T02:00:00Z'

function floor(part: Partial<FloorView> = {}): FloorView {
  return {
    server_time: AT, queues: [], agents: [], conversations: [], by_queue: [], alerts: [], notices: [], sessions: [], staffing: [], actions: [], post: [], guest_of: [], seen_queue_ids: null,
    figures: { waiting: 0, longest_wait_since: null, service_level: RATE, answer_rate: RATE, abandonment: RATE, calls_within_15: RATE, calls_within_20: RATE, average_wait_seconds: null, occupancy: RATE, ready_agents: 0, agents: 0 },
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

test('a talk that moves to a queue beyond my reach leaves the wall, unless it is mine', () => {
  const wall = floor({ conversations: [summary({ id: 'c1', version: 5, status: 'active' })], seen_queue_ids: ['q1'] })
  const moved = { type: 'conversation.changed', conversation: summary({ id: 'c1', version: 6, status: 'active', queue_id: 'q2', assignee_id: 'other' }), previous_assignee_id: null, previous_queue_id: 'q1' } as const
  applyToFloor(wall, moved, 'me')
  expect(wall.conversations).toEqual([])
  applyToFloor(wall, { ...moved, conversation: { ...moved.conversation, version: 7, assignee_id: 'me' } }, 'me')
  expect(wall.conversations).toHaveLength(1)
})

test('an alert comes once, is acknowledged where it stands, and goes when it is over', () => {
  const wall = floor()
  const raised = { type: 'alert.raised', alert_id: 'a1', stage: 'supervisor', code: 'nobody_ready', conversation_id: null, staff_id: null, queue_id: 'q1', floor_queue_id: null, at: AT } as const
  applyToFloor(wall, raised)
  applyToFloor(wall, raised)
  expect(wall.alerts).toEqual([alert()])
  applyToFloor(wall, { type: 'alert.changed', floor_queue_id: null, alert: alert({ acknowledged_at: AT, acknowledged_by: '主管' }) })
  expect(wall.alerts[0]?.acknowledged_by).toBe('主管')
  applyToFloor(wall, { type: 'alert.changed', floor_queue_id: null, alert: alert({ ended_at: AT }) })
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

test('a night that reaches over midnight is cut to today', () => {
  const night = stretchOf([{ starts_at: '2026-11-22T12:00:00Z', ends_at: '2026-11-23T00:00:00Z' }, { starts_at: '2026-11-23T12:00:00Z', ends_at: '2026-11-24T00:00:00Z' }], Date.parse(AT))
  expect([new Date(night.from).toISOString(), new Date(night.to).toISOString()]).toEqual(['2026-11-22T16:00:00.000Z', '2026-11-23T16:00:00.000Z'])
})

function session(department: string, from: string, to: string, part: Partial<PulseSession> = {}): PulseSession {
  return {
    session_id: `${department}${from}`, department, department_en: '', doctor: '', doctor_en: '', status: 'scheduled', visits: 0, waiting_visits: 0, contacts: 0, overrun_minutes: null,
    starts_at: `2026-11-23T${from}:00Z`, ends_at: `2026-11-23T${to}:00Z`, ...part,
  }
}

test('a department has one lane; what runs stands first, then what begins next, and what is over last', () => {
  const lanes = lanesOf([
    session('儿内科', '00:30', '01:30'),
    session('皮肤科', '05:30', '08:30'),
    session('呼吸科', '01:00', '03:00', { visits: 4, waiting_visits: 3, contacts: 2, overrun_minutes: 12 }),
    session('呼吸科', '01:30', '03:30', { visits: 2, waiting_visits: 1, contacts: 1 }),
    session('呼吸科', '06:00', '08:00', { visits: 9, waiting_visits: 9 }),
    session('眼科', '04:00', '06:00'),
  ], Date.parse(AT))
  expect(lanes.map((lane) => [lane.department, lane.phase])).toEqual([['呼吸科', 'running'], ['眼科', 'later'], ['皮肤科', 'later'], ['儿内科', 'over']])
  expect(lanes[0]).toMatchObject({ visits: 6, left: 4, contacts: 3, overrun: 12, next: null })
  expect(lanes[1]?.next).toBe('2026-11-23T04:00:00Z')
})

test('a deed needs its reason, words need to be there', () => {
  const notice = { kind: 'notice' } as const
  expect(isReady(notice, emptyForm())).toBe(false)
  expect(isReady(notice, { ...emptyForm(), words: '加号' })).toBe(true)
  const follow = { kind: 'follow', queue: queue() } as const
  expect(isReady(follow, { ...emptyForm(), reason: ' 好 ' })).toBe(false)
  expect(isReady(follow, { ...emptyForm(), reason: '来电了' })).toBe(true)
})
