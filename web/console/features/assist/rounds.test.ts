/** Whom a round of calls would call. */
import { expect, test } from 'vitest'
import { isCallable, mostAway, nextOf } from './rounds'
import type { PatientToCall, SessionToCall } from './rounds'

function patient(id: string, changes: Partial<PatientToCall> = {}): PatientToCall {
  return {
    appointment_id: id, child: '刘*', starts_at: '2026-11-23T02:00:00Z', kind: 'video', status: 'booked', number_in_line: 1, online: false,
    last_seen_at: null, request_state: '', request_outcome: '', promised_at: null, called_at: null, ...changes,
  }
}

function session(id: string, patients: PatientToCall[], running = true): SessionToCall {
  return { id, department: '皮肤科', department_en: '', doctor: '林书瑶', doctor_en: '', starts_at: '', ends_at: '', running, patients }
}

test('who is online, or is being called, is not called', () => {
  expect(isCallable(patient('a'))).toBe(true)
  expect(isCallable(patient('a', { online: true }))).toBe(false)
  expect(isCallable(patient('a', { request_state: 'calling' }))).toBe(false)
  expect(isCallable(patient('a', { request_state: 'closed' }))).toBe(true)
})

test('the next five are the first five that can be called, in their order', () => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => patient(id, { online: id === 'b' }))
  expect(nextOf(session('s', all))).toEqual(['a', 'c', 'd', 'e', 'f'])
})

test('a running session with most families away stands first', () => {
  const away = [patient('a'), patient('b')]
  const sessions = [session('soon', [...away, patient('c')], false), session('few', [patient('a')]), session('many', away)]
  expect(mostAway(sessions)?.id).toBe('many')
})
