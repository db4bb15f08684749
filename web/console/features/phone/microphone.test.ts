import { describe, expect, it } from 'vitest'
import { loudness, troubleOf } from './microphone'

describe('what a browser says about a microphone', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'in_use'],
    ['SomethingNew', 'unknown'],
  ])('%s means %s', (name, trouble) => {
    expect(troubleOf(name)).toBe(trouble)
  })
})

describe('how loud a voice is', () => {
  it('is nothing in silence and full at a shout', () => {
    expect(loudness(new Float32Array(128))).toBe(0)
    expect(loudness(new Float32Array(0))).toBe(0)
    expect(loudness(new Float32Array(128).fill(0.9))).toBe(1)
  })

  it('is in between for quiet speech', () => {
    expect(loudness(new Float32Array(128).fill(0.1))).toBeCloseTo(0.4)
  })
})
