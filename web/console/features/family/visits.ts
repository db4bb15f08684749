/** A family's appointments around now: what is over, what runs, what comes. Pure. */
import { secondsBetween } from '@shared/time'
import type { AppointmentView, ParcelView } from '../../api/panels'

export type VisitRow = { kind: 'now' } | { kind: 'visit'; visit: AppointmentView; over: boolean }

/** `earlier` are folded away; `rows` are the last one before now, the mark for now, and all that follow. */
export type Visits = { earlier: AppointmentView[]; rows: VisitRow[] }

const OVER = ['done', 'cancelled', 'missed']
const NEAR_SECONDS = 3 * 3600
const DAY_SECONDS = 24 * 3600
const FINISHED = ['delivered', 'returned']

export function visitsAround(appointments: readonly AppointmentView[], now: number): Visits {
  const sorted = [...appointments].sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at))
  const past = sorted.filter((visit) => isPast(visit, now))
  const ahead = sorted.filter((visit) => !isPast(visit, now))
  const shownPast = past.filter((visit, at) => at === past.length - 1 || isOfToday(visit, now))
  return {
    earlier: past.filter((visit) => !shownPast.includes(visit)),
    rows: [
      ...shownPast.map((visit): VisitRow => ({ kind: 'visit', visit, over: OVER.includes(visit.status) })),
      { kind: 'now' },
      ...ahead.map((visit): VisitRow => ({ kind: 'visit', visit, over: OVER.includes(visit.status) })),
    ],
  }
}

/** Seconds until the visit begins, negative when it should have begun; null when that is far away or no longer matters. */
export function secondsToVisit(visit: AppointmentView, now: number): number | null {
  if (visit.status !== 'booked' && visit.status !== 'checked_in') return null
  const seconds = secondsBetween(now, visit.starts_at)
  return Math.abs(seconds) <= NEAR_SECONDS ? seconds : null
}

/** Seconds that a parcel is behind its promise; null when it is not. */
export function secondsLate(parcel: ParcelView, now: number): number | null {
  if (parcel.eta === null || FINISHED.includes(parcel.status)) return null
  const late = secondsBetween(parcel.eta, now)
  return late > 0 ? late : null
}

/** A visit that runs stands below the mark for now, whenever it began. */
function isPast(visit: AppointmentView, now: number): boolean {
  return visit.status !== 'in_progress' && Date.parse(visit.starts_at) <= now
}

function isOfToday(visit: AppointmentView, now: number): boolean {
  return secondsBetween(visit.starts_at, now) < DAY_SECONDS / 2
}
