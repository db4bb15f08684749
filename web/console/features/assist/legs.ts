/** How an attempt is told: its sign, its tone and its words by code. */
import type { IconName } from '@shared/ui'
import { t, tCode } from '../../i18n'
import type { Leg } from './api'

export const LEG_SIGNS: Record<Leg['channel'], IconName> = { in_app: 'bell', wechat: 'wechat', sms: 'chat', telephone: 'phone' }

export type LegTone = 'quiet' | 'action' | 'wait' | 'alarm' | 'done'

const TONES: Record<Leg['state'], LegTone> = {
  planned: 'wait', sending: 'wait', sent: 'action', delivered: 'action', answered: 'done', failed: 'alarm', skipped: 'quiet',
}

export function legTone(leg: Leg): LegTone {
  return TONES[leg.state]
}

/** What an assistant said of a call tells more than its state. */
export function legState(leg: Leg): string {
  if (leg.outcome) return t(`assist_outcome.${leg.outcome as OutcomeWords}`)
  return leg.channel === 'telephone' && leg.state === 'planned' ? t('assist.to_dial') : t(`assist_leg.${leg.state}`)
}

/** Why an attempt failed or was left out; a provider's own code is shown as it came. */
export function legReason(leg: Leg): string {
  if (!leg.reason || leg.reason === leg.outcome) return ''
  return tCode('assist_reason', leg.reason, {}, leg.state === 'failed' ? 'assist_reason.provider' : 'assist_reason.other')
}

/** The moment that is worth showing. */
export function legAt(leg: Leg): string {
  return leg.delivered_at ?? leg.sent_at ?? leg.ended_at ?? leg.planned_at
}

export function legNumber(leg: Leg): string {
  return leg.attempt > 1 ? t('assist.attempt', { n: leg.attempt }) : ''
}

type OutcomeWords = 'coming' | 'promised' | 'no_answer' | 'refused' | 'wrong_number' | 'device_trouble' | 'already_visited' | 'arrived'
