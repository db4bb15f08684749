/** What is said about being woken is true: broken is called broken, and who else tells it is named. */
import { expect, test } from 'vitest'
import { bytesOf, toldOf } from './push'
import type { PushState } from './push'

const STATE: PushState = { public_key: 'k', browsers: 1, message: '', last: null }
const FAILED: PushState['last'] = { channel: 'web_push', told: false, reason: 'status_503', at: '2026-11-23T02:00:00Z' }

test('what may be switched on is offered, what is on may be switched off', () => {
  expect(toldOf('unasked', STATE)).toEqual({ tone: 'quiet', key: 'push.unasked', offer: 'on' })
  expect(toldOf('off', STATE).offer).toBe('on')
  expect(toldOf('on', STATE)).toEqual({ tone: 'good', key: 'push.on', offer: 'off' })
})

test('a push that did not go out is called unavailable, with what takes its place', () => {
  expect(toldOf('on', { ...STATE, last: FAILED })).toEqual({ tone: 'bad', key: 'push.failed', offer: 'off' })
  expect(toldOf('on', { ...STATE, last: FAILED, message: 'sms' }).key).toBe('push.failed_message')
  expect(toldOf('on', { ...STATE, browsers: 0 }).tone).toBe('bad')
  expect(toldOf('on', { ...STATE, last: { ...FAILED, told: true } }).tone).toBe('good')
})

test('a browser that cannot, or may not, offers nothing', () => {
  expect(toldOf('unable', { ...STATE, message: 'wechat' })).toEqual({ tone: 'quiet', key: 'push.unable_message', offer: null })
  expect(toldOf('off', { ...STATE, public_key: null }).key).toBe('push.unable')
  expect(toldOf('denied', STATE)).toEqual({ tone: 'quiet', key: 'push.denied', offer: null })
})

test('a key is turned into its bytes', () => {
  expect([...bytesOf('_-8A')]).toEqual([255, 239, 0])
})
