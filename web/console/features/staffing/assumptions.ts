/** What the forecast assumes, as fields of a form: which number, in which unit, how it is shown. Pure. */
import type { AssumptionsForm } from './api'

export const PROFILES = ['follows_clinic', 'fixed_hours', 'assistants'] as const
export const RATES = ['before', 'during', 'after', 'base_per_hour'] as const
export type ProfileName = (typeof PROFILES)[number]
export type RateName = (typeof RATES)[number]

/** `share` is kept between 0 and 1 and shown in percent. */
export type Unit = 'share' | 'seconds' | 'count'
export type NumberName = Exclude<keyof AssumptionsForm, ProfileName>
export type NumberField = { name: NumberName; unit: Unit; min: number; max: number; step: number }

export const NUMBERS: readonly NumberField[] = [
  { name: 'fill', unit: 'share', min: 5, max: 100, step: 1 },
  { name: 'visits_per_hour', unit: 'count', min: 0.5, max: 60, step: 0.5 },
  { name: 'chat_seconds', unit: 'seconds', min: 10, max: 7200, step: 10 },
  { name: 'call_share', unit: 'share', min: 0, max: 100, step: 1 },
  { name: 'call_seconds', unit: 'seconds', min: 10, max: 7200, step: 10 },
  { name: 'slots', unit: 'count', min: 1, max: 10, step: 1 },
  { name: 'patience_seconds', unit: 'seconds', min: 10, max: 7200, step: 10 },
  { name: 'shrinkage', unit: 'share', min: 0, max: 60, step: 1 },
  { name: 'share', unit: 'share', min: 50, max: 99, step: 1 },
  { name: 'max_occupancy', unit: 'share', min: 50, max: 98, step: 1 },
]

/** As it stands in its field. */
export function shown(value: number, unit: Unit): number {
  return unit === 'share' ? Math.round(value * 1000) / 10 : value
}

/** As it is kept. */
export function kept(value: number, unit: Unit): number {
  return unit === 'share' ? Math.round(value * 10) / 1000 : value
}

/** A form of its own: editing it changes nothing that somebody else shows. */
export function copyOf(form: AssumptionsForm): AssumptionsForm {
  return { ...form, follows_clinic: { ...form.follows_clinic }, fixed_hours: { ...form.fixed_hours }, assistants: { ...form.assistants } }
}

export function isSame(one: AssumptionsForm, other: AssumptionsForm): boolean {
  return NUMBERS.every(({ name }) => one[name] === other[name])
    && PROFILES.every((profile) => RATES.every((rate) => one[profile][rate] === other[profile][rate]))
}
