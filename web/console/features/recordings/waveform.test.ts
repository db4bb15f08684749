import { describe, expect, it } from 'vitest'
import { HALF, movedBy, secondsAt, waveOf } from './waveform'

describe('a waveform', () => {
  it('has the caller above the middle and the agent below', () => {
    const wave = waveOf([[100, 50], [0, 25]])
    expect(wave.columns).toBe(2)
    expect(wave.upper).toBe(`M0.5 ${HALF}v-20.0M1.5 ${HALF}v-10.0`)
    expect(wave.lower).toBe(`M0.5 ${HALF}v0.6M1.5 ${HALF}v5.0`)
  })

  it('of a message is the same on both sides', () => {
    const wave = waveOf([[40]])
    expect([wave.upper, wave.lower]).toEqual([`M0.5 ${HALF}v-8.0`, `M0.5 ${HALF}v8.0`])
  })

  it('of nothing is nothing, and no division by nothing', () => {
    expect(waveOf([])).toEqual({ upper: '', lower: '', columns: 1 })
  })
})

describe('where somebody is in it', () => {
  it('follows a click, and stays inside', () => {
    expect([secondsAt(0.5, 90), secondsAt(-1, 90), secondsAt(2, 90)]).toEqual([45, 0, 90])
  })

  it.each([['ArrowRight', 15], ['ArrowLeft', 5], ['PageUp', 40], ['Home', 0], ['End', 42]] as const)('moves with %s', (key, to) => {
    expect(movedBy(key, 10, 42)).toBe(to)
  })

  it('is not moved by other keys', () => {
    expect(movedBy('a', 10, 42)).toBeNull()
  })
})
