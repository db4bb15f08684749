/** Trouble and incidents as every screen of the staff tells them; what each trouble means is said by each desk itself. */
import type { Schemas } from '@contract'
import type { Fields, Translator } from '../translate'
import { clock, duration } from '../time'
import type zh from './words.zh.json'

export type DependencyTrouble = Schemas['DependencyTrouble']
export type IncidentView = Schemas['IncidentView']
export type SharedKey = keyof typeof zh

/** A desk's own words, which hold the shared ones too. */
export type Teller = Pick<Translator<SharedKey>, 'tCode' | 'language'> & { t: (key: SharedKey, fields?: Fields) => string }

/** A trouble in words: what it is, what still works, what does not, what to do. */
export type TroubleWords = { title: string; works: string; fails: string; todo: string }

export function titleOf({ tCode }: Pick<Teller, 'tCode'>, { name, problem }: Pick<DependencyTrouble, 'name' | 'problem'>): string {
  return tCode('condition.title', `${name}.${problem}`, {}, 'condition.label')
}

export function sinceWords({ t, language }: Teller, since: string, now: number): string {
  const seconds = Math.max(1, Math.round((now - Date.parse(since)) / 1000))
  return t('condition.since', { clock: clock(since), time: duration(seconds, language.value) })
}

export function isLate({ respond_by, responded_at }: IncidentView, now: number): boolean {
  return responded_at === null && now > Date.parse(respond_by)
}

/** The thirty minutes in which somebody must have begun. */
export function clockWords({ t, language }: Teller, incident: IncidentView, now: number): string {
  const { respond_by, responded_at } = incident
  if (responded_at) return t('incident.responded', { clock: clock(responded_at) })
  const left = Math.abs(Math.round((Date.parse(respond_by) - now) / 1000))
  return t(isLate(incident, now) ? 'incident.clock_over' : 'incident.clock', { time: duration(Math.max(1, left), language.value) })
}

export function incidentTitle({ t, language }: Teller, { drill, kind_en, kind_zh }: IncidentView): string {
  return t(drill ? 'incident.strip_drill' : 'incident.strip', { kind: language.value === 'en' ? kind_en : kind_zh })
}
