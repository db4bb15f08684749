import { describe, expect, it } from 'vitest'
import { expectOwnCall, isOwnCall } from './ringing'

const at = (ms: number) => () => ms

describe('a ring in this browser', () => {
  it('is my own call when I have just asked for one, and only once', () => {
    expectOwnCall(at(1000))
    expect(isOwnCall(false, at(3000))).toBe(true)
    expect(isOwnCall(false, at(3001))).toBe(false)
  })

  it('is never my own while a caller is offered to me', () => {
    expectOwnCall(at(1000))
    expect(isOwnCall(true, at(3000))).toBe(false)
  })

  it('is somebody else\'s when mine came to nothing or is long ago', () => {
    expectOwnCall(at(1000))()
    expect(isOwnCall(false, at(3000))).toBe(false)
    expectOwnCall(at(1000))
    expect(isOwnCall(false, at(60_000))).toBe(false)
  })
})
