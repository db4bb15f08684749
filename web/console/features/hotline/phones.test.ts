import { describe, expect, it } from 'vitest'
import type { AgentPhones } from './api'
import { standing } from './phones'

const LIN: AgentPhones = {
  staff_id: 'lin',
  name: '林晓',
  name_en: 'Lin',
  state: 'ready',
  state_since: '2026-11-24T01:00:00Z',
  voice: '',
  ready: true,
  can_be_rung: true,
  phones: [],
}

describe('how an agent stands to the telephone', () => {
  it.each([
    ['is ready with a phone', {}, 'ready', 'done'],
    ['is on a break with a phone', { ready: false }, 'not_ready', 'quiet'],
    ['talks', { voice: 'talking' as const, ready: false }, 'talking', 'action'],
    ['writes up, with the phone gone meanwhile', { voice: 'wrap_up' as const, can_be_rung: false }, 'wrap_up', 'wait'],
    ['is ready without a phone, and so never called', { can_be_rung: false }, 'no_phone', 'alarm'],
    ['is away without a phone', { ready: false, can_be_rung: false }, 'no_phone', 'quiet'],
  ])('%s', (_words, changes, name, tone) => {
    expect(standing({ ...LIN, ...changes })).toEqual({ name, tone })
  })
})
