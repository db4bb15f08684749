/** A recorded day of the real server, fed to the reducer: at its end the console shows what it would fetch. */
import text from '@contract/events.fixture.json?raw'
import { describe, expect, it } from 'vitest'
import type { AgentView, Snapshot, StaffEvent } from '../api/types'
import { mineOf, servedOf, waitingOf } from '../stores/lists'
import { emptyState } from '../stores/state'
import { apply } from './apply'
import { loadSnapshot } from './load'

type Day = { staff_id: string; sees_floor: boolean; before: Snapshot; events: StaffEvent[]; after: Snapshot }

const { consoles } = JSON.parse(text) as { consoles: Record<string, Day> }

describe.each(Object.entries(consoles))('the console of %s', (_, day) => {
  const state = emptyState(day.staff_id)
  loadSnapshot(state, day.before, 0)
  for (const event of day.events) apply(state, event, Date.parse(day.before.server_time))

  it('has heard of the whole day', () => {
    expect(day.events.length).toBeGreaterThan(100)
  })

  it('lists what the server lists', () => {
    const served = servedOf(state.queues.byId, state.agents.byId[day.staff_id], day.sees_floor ? state.own.seenQueueIds : [])
    expect(byId(mineOf(state.summaries.byId, day.staff_id, 'arrival'))).toEqual(byId(day.after.mine))
    expect(waitingOf(state.summaries.byId, served)).toEqual(day.after.waiting)
  })

  it('knows queues, colleagues and offers as they are', () => {
    expect(state.queues.byId).toEqual(byId(day.after.queues))
    expect(Object.values(state.agents.byId).sort(byStaffId)).toEqual([...day.after.colleagues].sort(byStaffId))
    expect(state.offers.byId).toEqual(byId(day.after.offers))
  })
})

function byId<Row extends { id: string }>(rows: readonly Row[]): Record<string, Row> {
  return Object.fromEntries(rows.map((row) => [row.id, row]))
}

function byStaffId(a: AgentView, b: AgentView): number {
  return a.staff_id.localeCompare(b.staff_id)
}
