/** Calls for tests: one that talks, with whatever a test wants different. */
import type { CallView } from '../api/types'

export function call(part: Partial<CallView> = {}): CallView {
  return {
    id: 'call1',
    conversation_id: 'c1',
    version: 1,
    direction: 'in',
    is_call_back: false,
    state: 'talking',
    caller: '138****5678',
    agent_id: 'me',
    agent_name: '林小雨',
    started_at: '2026-11-23T02:00:00Z',
    queued_at: '2026-11-23T02:00:08Z',
    ringing_at: null,
    bridged_at: null,
    held_at: null,
    ended_at: null,
    wrap_up_until: null,
    place: null,
    recording_on: true,
    recording_id: 'r1',
    disposition: null,
    hung_up_by: null,
    legs: [],
    ...part,
  }
}
