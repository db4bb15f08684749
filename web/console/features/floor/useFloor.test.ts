import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, defineComponent, h } from 'vue'
import type { AlertView } from '../../api/types'
import { tellRaw } from '../../live/raw'
import type { FloorView } from './api'
import { useFloor } from './useFloor'

const RATE = { part: 0, whole: 0, value: null }
const AT = '2026-11-23T02:00:00Z'
const OPEN: AlertView = { id: 'a1', code: 'wait_too_long', conversation_id: null, staff_id: null, queue_id: 'q1', stage: 'supervisor', raised_at: AT, acknowledged_at: null, acknowledged_by: '', escalated_at: null, ended_at: null }
const SEEN: AlertView = { ...OPEN, acknowledged_at: AT, acknowledged_by: '主管' }

function snapshot(alert: AlertView): FloorView {
  return {
    server_time: AT, queues: [], agents: [], conversations: [], by_queue: [], alerts: [alert], notices: [], sessions: [], staffing: [], actions: [], post: [], guest_of: [], seen_queue_ids: null,
    figures: { waiting: 0, longest_wait_since: null, service_level: RATE, answer_rate: RATE, abandonment: RATE, calls_within_15: RATE, calls_within_20: RATE, average_wait_seconds: null, occupancy: RATE, ready_agents: 0, agents: 0 },
  }
}

beforeEach(() => { setActivePinia(createPinia()); vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

test('a snapshot that was read before an event does not undo it, and is asked for once more', async () => {
  const asked: ((floor: FloorView) => void)[] = []
  const fetch = (): Promise<FloorView> => new Promise((resolve) => { asked.push(resolve) })
  let wall: ReturnType<typeof useFloor> | undefined
  const app = createApp(defineComponent({ setup: () => { wall = useFloor(fetch); return () => h('div') } }))
  app.mount(document.createElement('div'))
  tellRaw({ type: 'alert.changed', floor_queue_id: null, alert: SEEN })
  asked[0]?.(snapshot(OPEN))
  await vi.advanceTimersByTimeAsync(1)
  expect(wall?.floor.value?.alerts.map((one) => one.acknowledged_by)).toEqual(['主管'])
  expect(asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(700)
  expect(asked).toHaveLength(2)
  asked[1]?.(snapshot(SEEN))
  await vi.advanceTimersByTimeAsync(5000)
  expect(asked).toHaveLength(2)
  app.unmount()
})
