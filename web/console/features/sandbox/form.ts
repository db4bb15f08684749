/** What the form of a run holds, and the wish that it makes. */
import type { Rule } from '../policy/api'
import type { RunRequest } from './api'

export type RunForm = {
  title: string
  source: 'recorded' | 'generated'
  first: string
  last: string
  queue: string
  day: string
  morning: number
  noon: number
  afternoon: number
  handlingMinutes: number
  patienceMinutes: number
  policy: string
  rosterChange: number
  replications: number
}

export const TODAY = 'today'
/** Rules that are being changed on the policy page and hold nowhere yet. */
export const DRAFT = 'draft'

export function emptyForm(today: string, weekAgo: string, tomorrow: string): RunForm {
  return {
    title: '', source: 'recorded', first: weekAgo, last: today, queue: '', day: tomorrow,
    morning: 40, noon: 20, afternoon: 30, handlingMinutes: 8, patienceMinutes: 5,
    policy: TODAY, rosterChange: 0, replications: 20,
  }
}

/** The same form gives the same wish, so that a run can be made again. */
export function wishOf(form: RunForm, draft: readonly Rule[] | null = null): RunRequest {
  const common: RunRequest = {
    title: form.title.trim(),
    roster_change: form.rosterChange,
    replications: form.replications,
    ...policyOf(form.policy, draft),
  }
  if (form.source === 'recorded') return { ...common, first: form.first, last: form.last }
  const stretch = (from: string, to: string, per_hour: number): object => ({ from, to, per_hour })
  return {
    ...common,
    scenario: {
      from: form.day,
      days: 1,
      queues: {
        [form.queue]: {
          arrivals: [stretch('08:00', '12:00', form.morning), stretch('12:00', '14:00', form.noon), stretch('14:00', '18:00', form.afternoon)],
          handling: { mean_seconds: form.handlingMinutes * 60, spread: 0.8 },
          patience: { mean_seconds: form.patienceMinutes * 60 },
        },
      },
    },
  }
}

function policyOf(chosen: string, draft: readonly Rule[] | null): Pick<RunRequest, 'policy' | 'policy_version'> {
  if (chosen === TODAY) return {}
  if (chosen === DRAFT) return draft ? { policy: { rules: draft } } : {}
  return { policy_version: Number(chosen) }
}
