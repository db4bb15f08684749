import { describe, expect, it } from 'vitest'
import type { ConversationSummary } from '../api/types'
import { ME, agent, queue, summary } from '../testing/samples'
import { closedOf, mineOf, servedOf, waitingOf } from './lists'

const minute = (n: number): string => `2026-11-23T02:${String(n).padStart(2, '0')}:00Z`
const byId = (...all: ConversationSummary[]) => Object.fromEntries(all.map((one) => [one.id, one]))
const ids = (all: ConversationSummary[]): string[] => all.map((one) => one.id)

describe('my conversations', () => {
  const known = byId(
    summary({ id: 'late', arrived_at: minute(9), waiting_reply_since: minute(10) }),
    summary({ id: 'early', arrived_at: minute(1), waiting_reply_since: minute(12) }),
    summary({ id: 'answered', arrived_at: minute(5), last_message_by: 'agent' }),
    summary({ id: 'other', assignee_id: 'other' }),
    summary({ id: 'done', status: 'closed', assignee_id: null }),
  )

  it('stand in the order of arrival, which nothing changes', () => {
    expect(ids(mineOf(known, ME, 'arrival'))).toEqual(['early', 'answered', 'late'])
  })

  it('may be ordered by who has waited longest for an answer', () => {
    expect(ids(mineOf(known, ME, 'reply'))).toEqual(['late', 'early', 'answered'])
  })
})

describe('who waits', () => {
  it('stands in the order of offers: class first, then arrival', () => {
    const waiting = { status: 'waiting', assignee_id: null } as const
    const known = byId(
      summary({ id: 'second', ...waiting, arrived_at: minute(2) }),
      summary({ id: 'first', ...waiting, arrived_at: minute(1) }),
      summary({ id: 'urgent', ...waiting, arrived_at: minute(8), priority: 10 }),
      summary({ id: 'left', assignee_id: null, status: 'message', arrived_at: minute(4) }),
      summary({ id: 'elsewhere', ...waiting, queue_id: 'q9' }),
    )
    expect(ids(waitingOf(known, { q1: queue() }))).toEqual(['urgent', 'first', 'second', 'left'])
  })
})

describe('the line I see', () => {
  const queues = { q1: queue(), q2: queue({ id: 'q2' }) }

  it('is that of my own queues', () => {
    expect(Object.keys(servedOf(queues, agent({ queue_ids: ['q2'] }), []))).toEqual(['q2'])
    expect(servedOf(queues, undefined, [])).toEqual({})
  })

  it('is that of the queues that I reach beside my own', () => {
    expect(Object.keys(servedOf(queues, agent({ queue_ids: [] }), ['q2']))).toEqual(['q2'])
  })

  it('is everybody\'s with an eye on the floor', () => {
    expect(Object.keys(servedOf(queues, agent({ queue_ids: [] }), null))).toEqual(['q1', 'q2'])
  })
})

describe('closed conversations', () => {
  it('stand last closed first, and one that is not closed is not among them', () => {
    const known = byId(
      summary({ id: 'a', status: 'closed', closed_at: minute(1) }),
      summary({ id: 'b', status: 'closed', closed_at: minute(3) }),
      summary({ id: 'c' }),
    )
    expect(ids(closedOf(known, ['a', 'b', 'c', 'unknown']))).toEqual(['b', 'a'])
  })
})
