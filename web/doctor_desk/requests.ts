/** What was asked of the assistants, as it is read: which version counts, what stands first, how far it has come. Pure. */
import type { Schemas } from '@contract'

export type AssistRequest = Schemas['AssistRequestView']
export type Leg = Schemas['LegView']
export type RequestType = Schemas['RequestType']
export type Requests = Readonly<Record<string, AssistRequest>>

/** Nobody answered, or nobody is to be reached by this number: the attempt is over and brought nothing. */
const IN_VAIN = ['no_answer', 'wrong_number']
const UNDER_WAY: readonly Leg['state'][] = ['planned', 'sending']

// ---- keeping -----------------------------------------------------------------------------------------------

/** Takes what came if it is newer than what is known; news may arrive twice and in any order. */
export function merged(known: Requests, incoming: AssistRequest): Requests {
  const before = known[incoming.id]
  return before && incoming.version <= before.version ? known : { ...known, [incoming.id]: incoming }
}

/** What a fresh list makes of it: what it lacks is gone, unless it was raised after the list was asked for. */
export function replaced(known: Requests, listed: readonly AssistRequest[], askedAt: number): Requests {
  const since = Object.values(known).filter((one) => Date.parse(one.raised_at) >= askedAt)
  const kept = Object.fromEntries([...since, ...listed.map((one) => known[one.id] ?? one)].map((one) => [one.id, one]))
  return listed.reduce(merged, kept)
}

// ---- choosing ----------------------------------------------------------------------------------------------

export function isOpen(request: AssistRequest): boolean {
  return request.ended_at === null
}

/** The type whose requests bring a patient online; a hospital may have renamed or ended it. */
export function callType(types: readonly RequestType[]): RequestType | undefined {
  return types.find((one) => one.about === 'patient' && one.ladder !== '')
}

/** The request of a type for a visit that counts: the open one, else the newest. */
export function latestFor(requests: Requests, appointmentId: string, typeKey: string): AssistRequest | undefined {
  const ofType = ofVisit(requests, appointmentId).filter((one) => one.type_key === typeKey)
  return ofType.find(isOpen) ?? ofType[0]
}

/** What else is open for a visit, newest first. */
export function othersFor(requests: Requests, appointmentId: string, typeKey: string): AssistRequest[] {
  return ofVisit(requests, appointmentId).filter((one) => one.type_key !== typeKey && isOpen(one))
}

function ofVisit(requests: Requests, appointmentId: string): AssistRequest[] {
  return newestFirst(Object.values(requests).filter((one) => one.appointment_id === appointmentId))
}

export type Sorted = { open: AssistRequest[]; ended: AssistRequest[] }

/** What is open first, the newest on top; then what has ended, the last to end on top. */
export function sorted(requests: Requests): Sorted {
  const all = Object.values(requests)
  const ended = all.filter((one) => !isOpen(one))
  return {
    open: newestFirst(all.filter(isOpen)),
    ended: ended.sort((a, b) => Date.parse(b.ended_at ?? '') - Date.parse(a.ended_at ?? '') || b.id.localeCompare(a.id)),
  }
}

function newestFirst(list: AssistRequest[]): AssistRequest[] {
  return list.sort((a, b) => Date.parse(b.raised_at) - Date.parse(a.raised_at) || b.id.localeCompare(a.id))
}

export function unreadIn(requests: Requests): number {
  return Object.values(requests).reduce((sum, one) => sum + one.unread, 0)
}

// ---- how far it has come -----------------------------------------------------------------------------------

export type Progress =
  | { is: 'waiting'; since: string; late: boolean }
  | { is: 'left'; until: string | null }
  | { is: 'accepted'; at: string | null }
  | { is: 'trying'; leg: Leg; at: string; late: boolean }
  | { is: 'unreachable'; calls: number; at: string }
  | { is: 'promised'; at: string; late: boolean }
  | { is: 'arrived'; at: string; by: string }
  | { is: 'ended'; at: string | null; outcome: string }

export type Tone = 'quiet' | 'wait' | 'run' | 'done' | 'alarm'

/** The one thing a doctor wants to know of a request now. */
export function progressOf(request: AssistRequest, now: number): Progress {
  switch (request.state) {
    case 'arrived':
      return { is: 'arrived', at: request.arrived_at ?? request.ended_at ?? request.raised_at, by: request.arrived_by }
    case 'withdrawn':
    case 'closed':
      return { is: 'ended', at: request.ended_at, outcome: request.outcome || request.state }
    case 'promised': {
      const at = request.promised_at ?? request.raised_at
      return { is: 'promised', at, late: now > Date.parse(at) }
    }
    case 'waiting':
    case 'left':
    case 'accepted':
    case 'calling':
      return beforeAnswer(request, now)
  }
}

/** Before the family has said anything: the attempts count more than who has taken the request. */
function beforeAnswer(request: AssistRequest, now: number): Progress {
  const leg = lastLeg(request.legs)
  if (leg && isUnreachable(request.legs)) return { is: 'unreachable', calls: callsOf(request.legs), at: timeOf(leg) }
  const late = isLate(request, now)
  if (leg) return { is: 'trying', leg, at: timeOf(leg), late }
  if (request.state === 'left') return { is: 'left', until: request.answer_by }
  if (request.state === 'waiting') return { is: 'waiting', since: request.raised_at, late }
  return { is: 'accepted', at: request.accepted_at }
}

/** Nobody has taken it in the time that was agreed; by then the supervisor has been told. */
export function isLate(request: AssistRequest, now: number): boolean {
  const due = request.accept_due_at
  return request.state === 'waiting' && due !== null && now > Date.parse(due)
}

export function toneOf(progress: Progress): Tone {
  switch (progress.is) {
    case 'waiting':
      return progress.late ? 'alarm' : 'wait'
    case 'promised':
      return progress.late ? 'alarm' : 'run'
    case 'trying':
      return progress.late ? 'alarm' : 'run'
    case 'accepted':
      return 'run'
    case 'left':
    case 'unreachable':
      return 'wait'
    case 'arrived':
      return 'done'
    case 'ended':
      return 'quiet'
  }
}

/** The attempt that tells how it stands: the last one that was really made or is being made. */
export function lastLeg(legs: readonly Leg[]): Leg | undefined {
  return legs.findLast((leg) => leg.state !== 'skipped')
}

/** When an attempt got to where it is. */
export function timeOf(leg: Leg): string {
  return leg.ended_at ?? leg.delivered_at ?? leg.sent_at ?? leg.planned_at
}

/** The telephone was tried last, in vain, and nothing else is under way. */
export function isUnreachable(legs: readonly Leg[]): boolean {
  const last = lastLeg(legs)
  return last?.channel === 'telephone' && IN_VAIN.includes(last.outcome) && !legs.some((leg) => UNDER_WAY.includes(leg.state))
}

function callsOf(legs: readonly Leg[]): number {
  return legs.filter((leg) => leg.channel === 'telephone' && IN_VAIN.includes(leg.outcome)).length
}
