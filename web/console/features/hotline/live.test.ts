import { expect, it } from 'vitest'
import type { CallLine } from '../phone/book'
import { byUrgency } from './live'

const line = (call_id: string, state: CallLine['state'], minute: number): CallLine => ({
  call_id, state, conversation_id: call_id, number: '', title: '', caller: '', direction: 'in', is_call_back: false, queue_name: '', queue_name_en: '', agent_name: null,
  started_at: `2026-11-23T02:0${String(minute)}:00Z`, queued_at: state === 'menu' ? null : `2026-11-23T02:0${String(minute)}:10Z`, ended_at: null,
  place: null, waited: null, talked: null, disposition: '', hung_up_by: '', has_recording: false,
})

it('who waits longest stands first, then who is rung for, then who talks, and the menu last', () => {
  const lines = [line('menu', 'menu', 0), line('talks', 'talking', 1), line('later', 'waiting', 5), line('rings', 'ringing', 2), line('first', 'waiting', 3)]
  expect(byUrgency(lines).map((one) => one.call_id)).toEqual(['first', 'later', 'rings', 'talks', 'menu'])
})
