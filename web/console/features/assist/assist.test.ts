/** What an assistant is shown of a doctor's request: clocks that tell the truth, keys that mean one thing. */
import { beforeEach, describe, expect, it } from 'vitest'
import { assistRequests, forgetRequests, keepRequest } from '../../live/assist'
import { card, leg, request } from '../../testing/assist'
import { clocksOf, isLate, lateFirst } from './clocks'
import { legReason, legState } from './legs'
import { OUTCOMES, inMinutes, mayReport, nextAt, openTask } from './outcomes'

const RAISED = '2026-11-23T02:00:00Z'
const at = (seconds: number): number => Date.parse(RAISED) + seconds * 1000
const iso = (seconds: number): string => new Date(at(seconds)).toISOString()
const due = { raised_at: RAISED, accept_due_at: iso(30), attempt_due_at: iso(60), report_due_at: iso(300) }

describe('the clocks', () => {
  it('count down, then up, until what they wait for has happened', () => {
    const waiting = request({ ...due, state: 'waiting' })
    expect(clocksOf(waiting, at(10)).map((one) => [one.name, one.state, one.seconds])).toEqual([
      ['accept', 'running', 20], ['attempt', 'running', 50], ['report', 'running', 290],
    ])
    expect(clocksOf(waiting, at(75))[0]).toEqual({ name: 'accept', state: 'late', seconds: 45 })
    expect([isLate(waiting, at(10)), isLate(waiting, at(75))]).toEqual([false, true])
  })

  it('stand still at what was reached, and say when that was too late', () => {
    const taken = request({ ...due, accepted_at: iso(12), legs: [leg({ sent_at: iso(70) })] })
    const [accept, attempt] = clocksOf(taken, at(500))
    expect(accept).toEqual({ name: 'accept', state: 'met', seconds: 12 })
    expect(attempt).toEqual({ name: 'attempt', state: 'missed', seconds: 70 })
  })

  it('take the first word about the family as the report, not what was sent to them', () => {
    const sent = request({ ...due, legs: [leg({ sent_at: iso(40), ended_at: iso(45), state: 'delivered' })] })
    expect(clocksOf(sent, at(100))[2]?.state).toBe('running')
    const called = request({ ...due, legs: [leg({ sent_at: iso(40), ended_at: iso(90), outcome: 'no_answer', state: 'failed' })] })
    expect(clocksOf(called, at(100))[2]).toEqual({ name: 'report', state: 'met', seconds: 90 })
  })

  it('that were not reached before the end are told as such and count no further', () => {
    const withdrawn = request({ ...due, state: 'withdrawn', ended_at: iso(20) })
    expect(clocksOf(withdrawn, at(4000)).map((one) => one.state)).toEqual(['over', 'over', 'over'])
    expect(isLate(withdrawn, at(4000))).toBe(false)
  })

  it('put what is late before what is older', () => {
    const old = request({ id: 'old', raised_at: iso(0), accept_due_at: iso(900) })
    const late = request({ id: 'late', raised_at: iso(60), accept_due_at: iso(90) })
    expect(lateFirst([old, late], at(100)).map((one) => one.id)).toEqual(['late', 'old'])
    expect(lateFirst([late, old], at(80)).map((one) => one.id)).toEqual(['old', 'late'])
  })

  it('are only those that the type measures', () => {
    expect(clocksOf(request({ ...due, attempt_due_at: null, report_due_at: null }), at(1)).map((one) => one.name)).toEqual(['accept'])
  })
})

describe('what came of a call', () => {
  it('has a key of its own each', () => {
    expect(OUTCOMES.map((one) => one.key)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
    expect(new Set(OUTCOMES.map((one) => one.outcome)).size).toBe(OUTCOMES.length)
  })

  it('is told by who serves the request, while the family is called', () => {
    expect(mayReport(card(), request())).toBe(true)
    expect(mayReport(card({ may_report: false }), request())).toBe(false)
    expect(mayReport(card({ kind: { ...card().kind, ladder: '' } }), request())).toBe(false)
    expect(mayReport(card(), request({ ended_at: RAISED }))).toBe(false)
    expect(mayReport(card(), request({ legs: [leg({ outcome: 'no_answer' })] }))).toBe(true)
    expect(mayReport(card(), request({ legs: [leg({ outcome: 'refused' })] }))).toBe(false)
  })

  it('belongs to the call that the ladder asks for now', () => {
    const legs = [leg({ id: 'a', channel: 'telephone', state: 'failed' }), leg({ id: 'b', channel: 'sms', state: 'planned' }), leg({ id: 'c', channel: 'telephone', state: 'planned' })]
    expect(openTask(request({ legs }))?.id).toBe('c')
    expect(openTask(request())).toBeUndefined()
  })

  it('promises a time of the clinic, today or, when it is over, tomorrow', () => {
    expect(inMinutes(20, at(0))).toBe('2026-11-23T02:20:00.000Z')
    expect(nextAt('10:40', at(0))).toBe('2026-11-23T02:40:00.000Z')
    expect(nextAt('09:00', at(0))).toBe('2026-11-24T01:00:00.000Z')
    expect([nextAt('', at(0)), nextAt('25:00', at(0)), nextAt('9:5', at(0))]).toEqual([null, null, null])
  })
})

describe('an attempt', () => {
  it('is told by what was said rather than by its state', () => {
    expect(legState(leg({ channel: 'telephone', state: 'planned' }))).toBe('待拨打')
    expect(legState(leg({ state: 'delivered' }))).toBe('已送达')
    expect(legState(leg({ channel: 'telephone', state: 'answered', outcome: 'coming' }))).toBe('马上上线')
  })

  it('says why it failed, also by a provider’s own code', () => {
    expect(legReason(leg({ state: 'skipped', reason: 'no_consent' }))).toBe('家长没有同意这种方式')
    expect(legReason(leg({ state: 'failed', reason: 'isv.MOBILE' }))).toBe('服务商退回（isv.MOBILE）')
    expect(legReason(leg({ state: 'failed', reason: 'no_answer', outcome: 'no_answer' }))).toBe('')
  })
})

describe('what the live line tells of a request', () => {
  beforeEach(forgetRequests)

  it('is kept when it is newer, in whatever order it comes', () => {
    keepRequest(request({ version: 3, state: 'calling' }))
    keepRequest(request({ version: 2, state: 'accepted' }))
    expect(assistRequests.get('c1')?.state).toBe('calling')
    keepRequest(request({ version: 4, state: 'arrived' }))
    expect(assistRequests.get('c1')?.state).toBe('arrived')
  })

  it('does not fill the memory of a long shift', () => {
    for (let n = 0; n < 500; n += 1) keepRequest(request({ conversation_id: `c${String(n)}` }))
    expect(assistRequests.size).toBe(200)
    expect(assistRequests.has('c499')).toBe(true)
  })
})
