/** What can come of a call, by which key it is told, and when there is nothing more to tell. Pure. */
import { dayKey } from '@shared/time'
import type { AssistCard, AssistRequest, Leg, Outcome } from './api'

export type OutcomeChoice = { outcome: Outcome; key: string }

export const OUTCOMES: readonly OutcomeChoice[] = [
  { outcome: 'coming', key: '1' },
  { outcome: 'promised', key: '2' },
  { outcome: 'no_answer', key: '3' },
  { outcome: 'refused', key: '4' },
  { outcome: 'wrong_number', key: '5' },
  { outcome: 'device_trouble', key: '6' },
  { outcome: 'already_visited', key: '7' },
  { outcome: 'arrived', key: '8' },
]

/** The times that are promised most, in minutes from now. */
export const USUAL_MINUTES = [10, 20, 30] as const

/** Words after which nobody of the family is called any more. */
const LAST_WORDS: readonly string[] = ['refused', 'already_visited', 'arrived']
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const CLINIC_OFFSET = '+08:00'

/** Whether what came of a call can be told: somebody is called, by whoever serves the request. */
export function mayReport(card: AssistCard, request: AssistRequest): boolean {
  return card.may_report && card.kind.ladder !== '' && request.ended_at === null && !isCalledNoMore(request)
}

/** The family has answered in a way that ends the calling, while the talk with the doctor goes on. */
export function isCalledNoMore(request: AssistRequest): boolean {
  return request.legs.some((leg) => LAST_WORDS.includes(leg.outcome))
}

/** The call that the ladder asks an assistant to make now. */
export function openTask(request: AssistRequest): Leg | undefined {
  return request.legs.find((leg) => leg.channel === 'telephone' && leg.state === 'planned')
}

export function inMinutes(minutes: number, now: number): string {
  return new Date(now + minutes * MINUTE_MS).toISOString()
}

/** The next time that the clinic's clock shows `hh:mm`; null while it is no time. */
export function nextAt(hhmm: string, now: number): string | null {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(hhmm)) return null
  const today = Date.parse(`${dayKey(now)}T${hhmm}:00${CLINIC_OFFSET}`)
  return new Date(today > now ? today : today + DAY_MS).toISOString()
}
