import { beforeAll, describe, expect, it } from 'vitest'
import { setLanguage } from '../../i18n'
import { endOf, stepWords, waitingFor } from './book'
import type { CallLine, CallStep } from './book'

function line(part: Partial<CallLine> = {}): CallLine {
  return {
    call_id: 'call1', conversation_id: 'c1', number: '20261123-0001', title: '', caller: '138****5678', direction: 'in', is_call_back: false,
    state: 'waiting', queue_name: '在线客服', queue_name_en: 'Online service', agent_name: null, started_at: '2026-11-23T02:00:00Z',
    queued_at: '2026-11-23T02:00:10Z', ended_at: null, place: 1, waited: null, talked: null, disposition: '', hung_up_by: '', has_recording: false,
    ...part,
  }
}

function step(part: Partial<CallStep>): CallStep {
  return { at: '2026-11-23T02:00:00Z', what: 'began', digit: '', kind: '', leads_to: '', leads_to_en: '', who: '', reason: '', ...part }
}

beforeAll(() => { setLanguage('zh') })

describe('the book of calls', () => {
  it('counts the wait from the wish for a person, for those who wait', () => {
    const now = Date.parse('2026-11-23T02:01:40Z')
    expect(waitingFor(line(), now)).toBe(90)
    expect(waitingFor(line({ state: 'ringing' }), now)).toBe(90)
    expect(waitingFor(line({ state: 'talking' }), now)).toBeNull()
    expect(waitingFor(line(), Date.parse('2026-11-23T02:00:00Z'))).toBe(0)
  })

  it('says what came of a call that was answered, and of one that was not', () => {
    expect(endOf(line({ disposition: 'answered', talked: 95, waited: 4, agent_name: '李晓雯', hung_up_by: 'caller' }))).toBe('已接听 · 通话 1:35 · 李晓雯 · 对方挂断')
    expect(endOf(line({ disposition: 'abandoned_queue', waited: 62, hung_up_by: 'caller' }))).toBe('排队时挂断 · 等了 1:02 · 对方挂断')
  })

  it('says what a key led to, where the menu is still the same', () => {
    expect(stepWords(step({ what: 'pressed', digit: '1', kind: 'queue', leads_to: '在线客服' }), false)).toBe('按 1，转到“在线客服”')
    expect(stepWords(step({ what: 'pressed', digit: '9', kind: 'message' }), false)).toBe('按 9，去留言')
    expect(stepWords(step({ what: 'pressed', digit: '5' }), false)).toBe('按 5')
  })

  it('says whose phone rang in vain and why', () => {
    expect(stepWords(step({ what: 'not_answered', who: '李晓雯', reason: 'timeout' }), false)).toBe('李晓雯 没接：没有人接')
  })
})
