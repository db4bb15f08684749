import { expect, test } from 'vitest'
import { PLACES } from '../shell/places'
import { wayInside } from './wayInside'

test('whoever came by a link to a page stands there after signing in', () => {
  const ways = ['/mine/c1', '/waiting', '/knowledge/review', '/staffing?week=2026-11-30', ...PLACES.map(({ place }) => `/${place}`)]
  expect(ways.map(wayInside)).toEqual(ways)
})

test.each(['//evil.example', 'https://evil.example/floor', '/floors', '/sign-in', '/\\evil.example', '', undefined, ['/floor']])('%s leads to the desk', (next) => {
  expect(wayInside(next)).toBe('/mine')
})
