/** The doctor's day as it is read: which session runs, who is finished, who is late, since when. Pure. */
import type { DoctorDay, DoctorSession, PatientLine } from './api'

export type SessionState = 'cancelled' | 'running' | 'before' | 'over'

const FINISHED = ['done', 'cancelled', 'missed']
const EXPECTED = ['booked', 'checked_in']
const NEAR_MS = 60 * 60_000

export function stateOf(session: DoctorSession, now: number): SessionState {
  if (session.status === 'cancelled') return 'cancelled'
  if (now < Date.parse(session.starts_at)) return 'before'
  return now < Date.parse(session.ends_at) ? 'running' : 'over'
}

export type Split = { expected: PatientLine[]; finished: PatientLine[] }

/** Whoever still needs the doctor stands first, in the order of the line; the finished are folded away. */
export function splitPatients(patients: readonly PatientLine[]): Split {
  return {
    expected: patients.filter((one) => !FINISHED.includes(one.status)),
    finished: patients.filter((one) => FINISHED.includes(one.status)),
  }
}

/** Seconds to the appointment, negative when it has passed; null when that is of no concern. */
export function secondsTo(patient: PatientLine, now: number): number | null {
  if (!EXPECTED.includes(patient.status)) return null
  const left = Date.parse(patient.starts_at) - now
  return Math.abs(left) <= NEAR_MS ? left / 1000 : null
}

export function countOnline(patients: readonly PatientLine[]): number {
  return patients.filter((one) => one.online).length
}

/** Everybody of today once, whoever still needs the doctor first. */
export function patientsOf(day: DoctorDay): PatientLine[] {
  const all = [...day.sessions.flatMap((session) => session.patients), ...day.others]
  const { expected, finished } = splitPatients(all)
  return [...expected, ...finished]
}

/** The clinic's date as doctors write it: 11月23日星期一. */
export function dateWords(day: string, language: 'zh' | 'en'): string {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB'
  const format = new Intl.DateTimeFormat(locale, { month: 'long', day: 'numeric', weekday: 'long', timeZone: 'UTC' })
  return format.format(new Date(`${day}T00:00:00Z`))
}

const SECONDS = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZone: 'Asia/Shanghai',
})

/** `09:42:10`, clinic time. */
export function clockWithSeconds(at: string): string {
  return SECONDS.format(new Date(at))
}
