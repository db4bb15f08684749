/** The thirty minutes in which somebody must have begun, in words. */
import { clock, duration } from '@shared/time'
import type { IncidentView } from '../../api/types'
import { language, t } from '../../i18n'

export function isLate({ respond_by, responded_at }: IncidentView, now: number): boolean {
  return responded_at === null && now > Date.parse(respond_by)
}

export function clockWords(incident: IncidentView, now: number): string {
  const { respond_by, responded_at } = incident
  if (responded_at) return t('incident.responded', { clock: clock(responded_at) })
  const left = Math.abs(Math.round((Date.parse(respond_by) - now) / 1000))
  return t(isLate(incident, now) ? 'incident.clock_over' : 'incident.clock', { time: duration(Math.max(1, left), language.value) })
}
