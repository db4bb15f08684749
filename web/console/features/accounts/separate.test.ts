import { expect, test } from 'vitest'
import { areSeparate } from './separate'

test('one office at most, and none beside families', () => {
  expect([['admin', 'security'], ['auditor', 'agent'], ['security', 'doctor']].map(areSeparate)).toEqual([false, false, false])
  expect([['admin'], ['agent', 'editor', 'doctor'], ['admin', 'editor'], []].map(areSeparate)).toEqual([true, true, true, true])
})
