/** A tap is sent until it is answered, once, in its turn, and never behind the doctor's back. */
import { expect, test } from 'vitest'
import { FRESH_MS, aged, failed, newItem, nextToSend, pendingWish, put, restored, retried, without } from './outbox'
import type { Item, Wish } from './outbox'

const WISH: Wish = { kind: 'raise', typeKey: 'call_patient', appointmentId: 'a1', form: {} }
const AT = 1_000_000

const lost = (item: Item): Item => failed(item, { code: 'network', status: 0, fields: {} })

test('every tap has its own key, which the server accepts', () => {
  const [one, two] = [newItem(WISH, AT), newItem(WISH, AT)]
  expect(one.clientKey).not.toBe(two.clientKey)
  expect(one.clientKey).toMatch(/^[\w-]{8,64}$/)
})

test('a second tap on the same button finds the first', () => {
  const items = [newItem(WISH, AT)]
  expect(pendingWish(items, WISH)).toBe(items[0])
  expect(pendingWish(items, { ...WISH, appointmentId: 'a2' })).toBeUndefined()
})

test('one is sent at a time, in order; what was lost goes again under its key', () => {
  const [first, second] = [newItem(WISH, AT), newItem({ ...WISH, appointmentId: 'a2' }, AT)]
  expect(nextToSend([first, second])).toBe(first)
  expect(nextToSend([{ ...first, state: 'sending' }, second])).toBeUndefined()
  const again = nextToSend([lost(first), second])
  expect([again?.clientKey, again?.state]).toEqual([first.clientKey, 'lost'])
})

test.each([[0, 'lost'], [401, 'lost'], [429, 'lost'], [503, 'lost'], [404, 'refused'], [409, 'refused'], [400, 'refused']] as const)('an answer %i makes it %s', (status, state) => {
  expect(failed(newItem(WISH, AT), { code: 'x', status, fields: {} }).state).toBe(state)
})

test('what was refused is not sent again by itself, but may be', () => {
  const refused = failed(newItem(WISH, AT), { code: 'assist.patient_not_yours', status: 404, fields: {} })
  expect(nextToSend([refused])).toBeUndefined()
  expect(nextToSend([retried(refused, AT)])?.clientKey).toBe(refused.clientKey)
})

test('an old tap waits for a word: the patient may have come by other ways', () => {
  const [old] = aged([lost(newItem(WISH, AT))], AT + FRESH_MS + 1)
  expect(old?.state).toBe('old')
  expect(nextToSend([old!])).toBeUndefined()
  expect(aged([lost(newItem(WISH, AT))], AT + FRESH_MS)[0]?.state).toBe('lost')
  expect(aged([retried(old!, AT + FRESH_MS + 1)], AT + FRESH_MS + 2)[0]?.state).toBe('queued')
})

test('a reload keeps what had not been answered, and throws away what cannot be read', () => {
  const items = [{ ...newItem(WISH, AT), state: 'sending' as const }]
  expect(restored(JSON.stringify(items))[0]).toMatchObject({ clientKey: items[0]?.clientKey, state: 'lost' })
  expect([restored(null), restored('{'), restored('{"a":1}'), restored('[1, {"x":2}]')]).toEqual([[], [], [], []])
})

test('items are put in place and taken out', () => {
  const item = newItem(WISH, AT)
  const items = put([], item)
  expect(put(items, lost(item)).map((one) => one.state)).toEqual(['lost'])
  expect(without(items, item.clientKey)).toEqual([])
})
