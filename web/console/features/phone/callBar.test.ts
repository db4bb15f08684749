import { describe, expect, it } from 'vitest'
import { call } from '../../testing/calls'
import { buttonsOf, clockOf, digitsIn, talkOf } from './callBar'

const NOW = Date.parse('2026-11-23T02:10:00Z')
const MINE = { mine: true, atBrowser: true, mayListen: false }

describe('the buttons of a call', () => {
  it('are those of a telephone while one talks', () => {
    expect(buttonsOf(call({ state: 'talking' }), MINE)).toEqual(['mute', 'hold', 'keypad', 'transfer', 'hang_up'])
  })

  it('leave muting to the telephone on the table', () => {
    expect(buttonsOf(call({ state: 'talking' }), { ...MINE, atBrowser: false })).not.toContain('mute')
  })

  it('bring a held caller back first', () => {
    expect(buttonsOf(call({ state: 'held' }), MINE)[0]).toBe('resume')
  })

  it('are none for a call that rings, waits or is over', () => {
    for (const state of ['ringing_in', 'menu', 'waiting', 'ringing', 'ended'] as const) expect(buttonsOf(call({ state }), MINE)).toEqual([])
  })

  it('let go of a number that was dialled and is not answered', () => {
    expect(buttonsOf(call({ state: 'ringing', direction: 'out' }), MINE)).toEqual(['hang_up'])
  })

  it('of another\'s call only listen, where that can be done', () => {
    expect(buttonsOf(call({ state: 'talking' }), { ...MINE, mine: false })).toEqual([])
    expect(buttonsOf(call({ state: 'talking' }), { ...MINE, mine: false, mayListen: true })).toEqual(['beside'])
    expect(buttonsOf(call({ state: 'waiting' }), { ...MINE, mine: false, mayListen: true })).toEqual([])
  })
})

describe('the clock of a call', () => {
  it('counts what is spoken', () => {
    expect(clockOf(call({ state: 'talking', bridged_at: '2026-11-23T02:08:30Z' }), NOW)).toEqual({ words: 'since', seconds: 90 })
  })

  it('counts down the time for the wrap-up, and then what is over it', () => {
    const over = { state: 'wrap_up', wrap_up_until: '2026-11-23T02:10:20Z' } as const
    expect(clockOf(call(over), NOW)).toEqual({ words: 'left', seconds: 20 })
    expect(clockOf(call(over), NOW + 50_000)).toEqual({ words: 'late', seconds: 30 })
  })

  it('never runs backwards when this computer is ahead', () => {
    expect(clockOf(call({ state: 'talking', bridged_at: '2026-11-23T02:10:05Z' }), NOW)).toEqual({ words: 'since', seconds: 0 })
  })

  it('stands still when the call is over', () => {
    expect(clockOf(call({ state: 'ended' }), NOW)).toBeNull()
    expect(talkOf(call({ bridged_at: '2026-11-23T02:00:00Z', ended_at: '2026-11-23T02:03:05Z' }))).toBe(185)
    expect(talkOf(call({ ended_at: '2026-11-23T02:03:05Z' }))).toBeNull()
  })
})

it('keys are digits, star and hash', () => {
  expect(digitsIn('+86 (010) 123#*a')).toBe('86010123#*')
})
