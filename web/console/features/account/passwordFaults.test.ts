import { expect, test } from 'vitest'
import { faultsBefore, faultsFrom } from './passwordFaults'

test('an empty or different field is said before the server is asked', () => {
  expect(faultsBefore({ current: '', fresh: '', again: '' })).toEqual([
    { field: 'current', code: 'needed' },
    { field: 'fresh', code: 'needed' },
  ])
  expect(faultsBefore({ current: 'a', fresh: 'b', again: 'c' })).toEqual([{ field: 'again', code: 'different' }])
  expect(faultsBefore({ current: 'a', fresh: 'b', again: 'b' })).toEqual([])
})

test("the server's faults belong to their fields", () => {
  expect(faultsFrom('auth.wrong_password', {})).toEqual([{ field: 'current', code: 'wrong' }])
  expect(faultsFrom('auth.weak_password', { faults: ['too_short', 'too_uniform'] })).toEqual([
    { field: 'fresh', code: 'too_short' },
    { field: 'fresh', code: 'too_uniform' },
  ])
  expect(faultsFrom('auth.weak_password', {})).toEqual([{ field: 'fresh', code: 'too_weak' }])
  expect(faultsFrom('network', {})).toBeNull()
})
