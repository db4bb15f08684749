/** Who comes with a token is not asked for a password, and the token leaves the address. */
import { expect, test } from 'vitest'
import { arrivalOf, isInsideWeCom, takeArrival } from './door'

test('a token and a refusal are read from behind the address; anything else is neither', () => {
  expect(arrivalOf('#identity=a.b.c')).toEqual({ token: 'a.b.c', refusal: '' })
  expect(arrivalOf('#sign_in=outsider')).toEqual({ token: '', refusal: 'outsider' })
  expect(arrivalOf('#sign_in=anything')).toEqual({ token: '', refusal: 'provider' })
  expect(arrivalOf('#request=r1')).toEqual({ token: '', refusal: '' })
})

test('a token is taken out of the address, a request stays in it', () => {
  history.replaceState(null, '', '/doctor#identity=a.b.c')
  expect(takeArrival().token).toBe('a.b.c')
  expect(location.hash).toBe('')
  history.replaceState(null, '', '/doctor#request=r1')
  takeArrival()
  expect(location.hash).toBe('#request=r1')
})

test('WeCom is known by its own word', () => {
  expect(isInsideWeCom('Mozilla/5.0 … wxwork/4.1.10 MicroMessenger/7.0.1')).toBe(true)
  expect(isInsideWeCom('Mozilla/5.0 … MicroMessenger/8.0')).toBe(false)
})
