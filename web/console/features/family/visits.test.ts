import { expect, test } from 'vitest'
import type { AppointmentView, ParcelView } from '../../api/panels'
import { secondsLate, secondsToVisit, visitsAround } from './visits'

const NOW = Date.parse('2026-11-23T02:00:00Z')

function visit(id: string, minutes: number, status = 'booked'): AppointmentView {
  const starts_at = new Date(NOW + minutes * 60_000).toISOString()
  return { id, patient_id: 'p', child: '刘*', department: '皮肤科', department_en: '', doctor: '吴安然', doctor_en: '', starts_at, status, kind: 'video', number_in_line: 1 }
}

function parcel(etaMinutes: number | null, status = 'in_transit'): ParcelView {
  const eta = etaMinutes === null ? null : new Date(NOW + etaMinutes * 60_000).toISOString()
  return { id: 'x', prescription_id: 'r', child: '刘*', number: 'SF1', carrier: '顺丰', carrier_code: 'shunfeng', status, eta, address: '', trace: [], knowledge: 'fresh', last_at: null, last_text: '', silent_days: 0, heard_at: null, source: 'hospital', looked_after: false }
}

const order = (visits: AppointmentView[]): string[] =>
  visitsAround(visits, NOW).rows.map((row) => (row.kind === 'now' ? 'now' : row.visit.id))

test('the mark for now stands between what has begun and what comes', () => {
  expect(order([visit('later', 30), visit('begun', -5)])).toEqual(['begun', 'now', 'later'])
})

test('a visit that runs stands below the mark, whenever it began', () => {
  expect(order([visit('running', -20, 'in_progress'), visit('seen', -60, 'done')])).toEqual(['seen', 'now', 'running'])
})

test('of long ago only the last one is shown, the others are folded', () => {
  const days = 24 * 60
  const around = visitsAround([visit('old', -20 * days, 'done'), visit('older', -25 * days, 'done'), visit('next', days)], NOW)
  expect(around.earlier.map((one) => one.id)).toEqual(['older'])
  expect(around.rows.map((row) => (row.kind === 'now' ? 'now' : row.visit.id))).toEqual(['old', 'now', 'next'])
})

test('how near a visit is matters only while it is expected and close', () => {
  expect(secondsToVisit(visit('a', 10), NOW)).toBe(600)
  expect(secondsToVisit(visit('a', -10, 'checked_in'), NOW)).toBe(-600)
  expect(secondsToVisit(visit('a', -10, 'done'), NOW)).toBeNull()
  expect(secondsToVisit(visit('a', 24 * 60), NOW)).toBeNull()
})

test('a parcel is late after its promise until it has arrived', () => {
  expect(secondsLate(parcel(-60), NOW)).toBe(3600)
  expect(secondsLate(parcel(60), NOW)).toBeNull()
  expect(secondsLate(parcel(-60, 'delivered'), NOW)).toBeNull()
  expect(secondsLate(parcel(null), NOW)).toBeNull()
})
