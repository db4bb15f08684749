import { describe, expect, it } from 'vitest'
import { SILENT, after, canRing } from './phoneState'
import type { PhoneFact, PhoneState } from './phoneState'

const through = (...facts: PhoneFact[]): PhoneState => facts.reduce(after, SILENT)
const talking: PhoneFact[] = [
  { fact: 'connecting' }, { fact: 'registered' }, { fact: 'rings', id: 'a' }, { fact: 'answering', id: 'a' }, { fact: 'talking', id: 'a' },
]

describe('the line', () => {
  it('can ring once it is registered and somebody can speak', () => {
    expect(canRing(through({ fact: 'connecting' }))).toBe(false)
    expect(canRing(through({ fact: 'connecting' }, { fact: 'registered' }))).toBe(true)
    expect(canRing(through({ fact: 'registered' }, { fact: 'microphone', trouble: 'denied' }))).toBe(false)
  })

  it('stays lost while it is being tried again, until it stands', () => {
    expect(through({ fact: 'registered' }, { fact: 'line_lost' }, { fact: 'connecting' }).line).toBe('lost')
    expect(through({ fact: 'registered' }, { fact: 'line_lost' }, { fact: 'registered' }).line).toBe('registered')
  })

  it('that was switched off or taken by another tab is not lost', () => {
    expect(through({ fact: 'registered' }, { fact: 'taken_elsewhere' }, { fact: 'line_lost' }).line).toBe('elsewhere')
    expect(through({ fact: 'registered' }, { fact: 'switched_off' }, { fact: 'line_lost' }).line).toBe('off')
  })
})

describe('a call', () => {
  it('rings, is answered and ends', () => {
    expect(through(...talking).call).toMatchObject({ id: 'a', phase: 'talking' })
    expect(through(...talking, { fact: 'ended', id: 'a', why: 'hung_up' })).toMatchObject({ call: null, ended: '' })
  })

  it('is muted and opened again', () => {
    expect(through(...talking, { fact: 'muted', id: 'a', muted: true }).call?.muted).toBe(true)
    expect(through(...talking, { fact: 'muted', id: 'a', muted: true }, { fact: 'muted', id: 'a', muted: false }).call?.muted).toBe(false)
  })

  it('at the ear is not replaced by another that rings', () => {
    expect(through(...talking, { fact: 'rings', id: 'b' }).call?.id).toBe('a')
  })

  it('is not touched by what is told too late of an earlier one', () => {
    const second: PhoneFact[] = [...talking, { fact: 'ended', id: 'a', why: 'hung_up' }, { fact: 'rings', id: 'b' }]
    expect(through(...second, { fact: 'talking', id: 'a' }, { fact: 'ended', id: 'a', why: 'media_lost' }).call).toMatchObject({ id: 'b', phase: 'ringing' })
  })

  it('goes on while the line is lost, and says why when it ends then', () => {
    const lost = through(...talking, { fact: 'line_lost' })
    expect(lost.call?.phase).toBe('talking')
    expect(after(lost, { fact: 'ended', id: 'a', why: 'hung_up' }).ended).toBe('line_lost')
  })

  it('that cannot be heard ends with its reason, which the next one clears', () => {
    const ended = through(...talking, { fact: 'ended', id: 'a', why: 'microphone' })
    expect(ended.ended).toBe('microphone')
    expect(after(ended, { fact: 'rings', id: 'b' }).ended).toBe('')
  })

  it('is given up when another tab takes the telephone', () => {
    expect(through(...talking, { fact: 'taken_elsewhere' })).toMatchObject({ line: 'elsewhere', call: null })
  })
})
