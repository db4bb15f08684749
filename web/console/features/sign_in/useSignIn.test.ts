/** A right password may open by half: the person is in only after the last step, and falls back when it is over. */
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '../../api'
import { useSession } from '../../stores/session'
import { useSignIn, wordsFor } from './useSignIn'

const ME = { staff_id: 's1', login: 'lina', name: '李娜', name_en: 'Li Na', roles: ['agent'], permissions: ['work'], csrf_token: 'c' }
const HALF = { ticket: 't', step: 'code', expires_at: '2026-11-23T02:10:00Z' }

function answerWith(status: number, body: unknown): void {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status })))
}

beforeEach(() => setActivePinia(createPinia()))

test('a password that opens by half brings nobody in, and the last step does', async () => {
  answerWith(202, HALF)
  const form = useSignIn()
  form.password.value = 'a secret'
  expect(await form.submit()).toBe(false)
  expect([form.half.value?.step, form.password.value, useSession().me]).toEqual(['code', '', null])
  expect(form.goOn({ ...HALF, step: 'password' })).toBe(false)
  expect(form.goOn(ME)).toBe(true)
  expect(useSession().me?.login).toBe('lina')
})

test('what is over leads back to the password with the reason, what was only wrong does not', async () => {
  answerWith(202, HALF)
  const form = useSignIn()
  await form.submit()
  form.fallBack(new ApiError('auth.bad_code', { status: 400 }))
  expect(form.half.value).not.toBeNull()
  form.fallBack(new ApiError('auth.sign_in_over', { status: 409 }))
  expect([form.half.value, form.trouble.value]).toEqual([null, '这次登录已过期，请重新输入密码。'])
})

test('a pause is told with its end, for an account and for a network', () => {
  const until = '2026-11-23T02:15:00Z'
  for (const code of ['auth.locked', 'auth.address_locked']) {
    expect(wordsFor(new ApiError(code, { status: 403, fields: { until } }))).toContain('10:15')
  }
})
