import { beforeEach, expect, test } from 'vitest'
import { call } from '../testing/calls'
import { calls, forgetCalls, keepCall } from './calls'

beforeEach(forgetCalls)

test('an older word about a call never undoes a newer one', () => {
  keepCall(call({ version: 3, state: 'held' }))
  keepCall(call({ version: 2, state: 'talking' }))
  expect(calls.get('c1')?.state).toBe('held')
  keepCall(call({ version: 4, state: 'wrap_up' }))
  expect(calls.get('c1')?.state).toBe('wrap_up')
})

test('another call of the same talk takes the place of the first, whatever its number', () => {
  keepCall(call({ version: 9, state: 'ended' }))
  keepCall(call({ id: 'call2', version: 1, state: 'ringing' }))
  expect(calls.get('c1')).toMatchObject({ id: 'call2', state: 'ringing' })
})

test('the oldest calls of a long shift are forgotten', () => {
  for (let n = 0; n < 250; n += 1) keepCall(call({ id: `k${n}`, conversation_id: `c${n}` }))
  expect([calls.size, calls.has('c0'), calls.has('c249')]).toEqual([200, false, true])
})
