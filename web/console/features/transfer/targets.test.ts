import { expect, test } from 'vitest'
import type { AgentView, QueueState } from '../../api/types'
import { matching, obstacleOf, targetsOf } from './targets'

const ABOUT = { ownerId: 'me', queueId: 'q1', language: 'zh' } as const

function agent(id: string, about: Partial<AgentView> = {}): AgentView {
  return { staff_id: id, name: id, name_en: '', state: 'ready', reason: '', since: '', connected: true, load: 0, capacity: 5, queue_ids: [], voice: '', ...about }
}

function queue(id: string): QueueState {
  return { id, key: id, name: id, name_en: '', kind: 'parent', open: true, reason: '', next_change: null, next_open: null, waiting: 0, longest_wait_since: null, service_level_seconds: 60, ready_agents: 0, by_hand: null }
}

const keys = (agents: AgentView[], queues: QueueState[] = []): string[] => targetsOf(agents, queues, ABOUT).map((one) => one.key)

test('whoever can take it stands first, whoever cannot stands below the queues', () => {
  const agents = [agent('away', { connected: false }), agent('busy', { load: 4 }), agent('free'), agent('skilled', { load: 4, queue_ids: ['q1'] })]
  expect(keys(agents, [queue('q1')])).toEqual(['agent:skilled', 'agent:free', 'agent:busy', 'queue:q1', 'agent:away'])
})

test('nobody is offered their own conversation, nor one to somebody who takes none', () => {
  expect(keys([agent('me'), agent('editor', { capacity: 0 }), agent('other')])).toEqual(['agent:other'])
})

test('every obstacle has its name', () => {
  expect(obstacleOf(agent('a', { connected: false, state: 'break' }))).toBe('not_connected')
  expect(obstacleOf(agent('a', { state: 'break' }))).toBe('not_ready')
  expect(obstacleOf(agent('a', { load: 5 }))).toBe('full')
  expect(obstacleOf(agent('a'))).toBeNull()
})

test('typing narrows the list by either name', () => {
  const targets = targetsOf([agent('张雅琪', { name_en: 'Zhang Yaqi' }), agent('王思远')], [queue('医助')], ABOUT)
  expect(matching(targets, '雅').map((one) => one.name)).toEqual(['张雅琪'])
  expect(matching(targets, 'zhang').map((one) => one.name)).toEqual(['张雅琪'])
  expect(matching(targets, ' ').length).toBe(3)
  expect(matching(targets, 'zzz')).toEqual([])
})
