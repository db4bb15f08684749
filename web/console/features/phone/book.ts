/** The book of calls: who waits, who was missed, a family's calls, how one went. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { timer } from '@shared/time'
import { get } from '../../api/client'
import { t, tCode } from '../../i18n'

export type CallLine = Schemas['CallLine']
export type CallsNow = Schemas['CallsNow']
export type MissedCall = Schemas['MissedCall']
export type CallStep = Schemas['CallStep']

const of = (conversationId: string): string => `/api/desk/calls/${encodeURIComponent(conversationId)}`

export const fetchCallsNow = (): Promise<CallsNow> => get('/api/desk/hotline/calls')
export const fetchMissed = async (): Promise<MissedCall[]> => (await get<Schemas['MissedCalls']>('/api/desk/missed-calls')).calls
export const fetchFamilyCalls = async (conversationId: string): Promise<CallLine[]> => (await get<Schemas['CallLines']>(`${of(conversationId)}/family`)).calls
export const fetchCourse = async (conversationId: string): Promise<CallStep[]> => (await get<Schemas['CallCourse']>(`${of(conversationId)}/course`)).steps

/** Whole seconds that somebody has waited for a person until now; null for who does not wait. */
export function waitingFor(line: CallLine, now: number): number | null {
  if ((line.state !== 'waiting' && line.state !== 'ringing') || !line.queued_at) return null
  return Math.max(0, Math.floor((now - Date.parse(line.queued_at)) / 1000))
}

/** What came of a call: how it ended, how long somebody waited or talked, who took it, who hung up. */
export function endOf(line: CallLine): string {
  const talked = line.talked !== null && line.talked > 0
  return [
    tCode('disposition', line.disposition || 'answered', {}, 'disposition.failed'),
    talked ? t('call.talked', { time: timer(line.talked ?? 0) }) : '',
    !talked && line.waited !== null ? t('book.waited', { time: timer(line.waited) }) : '',
    line.agent_name ?? '',
    line.hung_up_by ? tCode('hung_up_by', line.hung_up_by, {}, 'hung_up_by.system') : '',
  ].filter(Boolean).join(' · ')
}

/** One step of a call in words. */
export function stepWords(step: CallStep, english: boolean): string {
  const queue = (english && step.leads_to_en) || step.leads_to
  switch (step.what) {
    case 'pressed':
      return `${t('course.pressed', { digit: step.digit })}${keyWords(step, queue)}`
    case 'queued':
      return t('course.queued', { queue })
    case 'rang':
      return t('course.rang', { who: step.who })
    case 'not_answered':
      return t('course.not_answered', { who: step.who, why: tCode('leg_reason', step.reason, {}, 'leg_reason.error') })
    case 'ended':
      return t('course.ended', { how: tCode('disposition', step.reason || 'answered', {}, 'disposition.failed') })
    case 'began':
    case 'talked':
      return t(`course.${step.what}`)
  }
}

function keyWords(step: CallStep, queue: string): string {
  if (step.kind === '') return ''
  return t(`course.key.${step.kind}`, { queue })
}
