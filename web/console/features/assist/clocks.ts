/** The clocks of a request: what must have happened by when, and whether it did. Pure. */
import { secondsBetween } from '@shared/time'
import type { AssistRequest, Leg } from './api'

export type ClockName = 'accept' | 'attempt' | 'report'

/** `running` counts down, `late` counts up; `met` and `missed` stand still, as does `over`, whose end came first. */
export type ClockState = 'running' | 'late' | 'met' | 'missed' | 'over'

export type ClockLine = {
  name: ClockName
  state: ClockState
  /** What is left, by how much it is late, or how long it took; null where nobody knows. */
  seconds: number | null
}

type Happened = { at: string | null; done: boolean }

export function clocksOf(request: AssistRequest, now: number): ClockLine[] {
  const clocks: [ClockName, string | null, Happened][] = [
    ['accept', request.accept_due_at, happened(request.accepted_at)],
    ['attempt', request.attempt_due_at, firstAttempt(request)],
    ['report', request.report_due_at, firstReport(request)],
  ]
  return clocks.flatMap(([name, due, what]) => (due === null ? [] : [lineOf(name, due, what, request, now)]))
}

/** Whether a clock has run out and what it waits for has still not happened. */
export function isLate(request: AssistRequest, now: number): boolean {
  return clocksOf(request, now).some((one) => one.state === 'late')
}

/** Late ones stand first, then by age. */
export function lateFirst(requests: readonly AssistRequest[], now: number): AssistRequest[] {
  const late = new Set(requests.filter((one) => isLate(one, now)).map((one) => one.id))
  return [...requests].sort((a, b) => Number(late.has(b.id)) - Number(late.has(a.id)) || Date.parse(a.raised_at) - Date.parse(b.raised_at))
}

function lineOf(name: ClockName, due: string, what: Happened, request: AssistRequest, now: number): ClockLine {
  if (what.done) {
    const took = what.at === null ? null : secondsBetween(request.raised_at, what.at)
    return { name, state: what.at !== null && Date.parse(what.at) > Date.parse(due) ? 'missed' : 'met', seconds: took }
  }
  if (request.ended_at !== null) return { name, state: 'over', seconds: null }
  const left = secondsBetween(now, due)
  return left >= 0 ? { name, state: 'running', seconds: Math.ceil(left) } : { name, state: 'late', seconds: Math.floor(-left) }
}

function happened(at: string | null): Happened {
  return { at, done: at !== null }
}

/** The first message or call that went out; without any, a state that is reached by attempts only tells the same. */
function firstAttempt(request: AssistRequest): Happened {
  const at = earliest(request.legs.map((leg) => leg.sent_at))
  return { at, done: at !== null || request.state === 'calling' || request.promised_at !== null || request.arrived_at !== null }
}

/** The first word about the family: what came of a call, a promise, or that they are there. */
function firstReport(request: AssistRequest): Happened {
  const at = earliest([...request.legs.map(saidAt), request.arrived_at])
  return { at, done: at !== null || request.promised_at !== null }
}

function saidAt(leg: Leg): string | null {
  return leg.outcome ? leg.ended_at : null
}

function earliest(moments: readonly (string | null)[]): string | null {
  const known = moments.filter((one) => one !== null)
  return known.length === 0 ? null : known.reduce((a, b) => (Date.parse(a) <= Date.parse(b) ? a : b))
}
