import { expect, test } from 'vitest'
import type { ParcelView } from '../../api/panels'
import { doubtOf, isUnderWay } from './trust'

function parcel(told: Partial<ParcelView>): ParcelView {
  return {
    id: 'x', prescription_id: 'r', child: '刘*', number: 'SF1', carrier: '顺丰', carrier_code: 'shunfeng', eta: null, address: '', trace: [],
    status: 'in_transit', knowledge: 'fresh', last_at: null, last_text: '', silent_days: 0, heard_at: null, source: 'carrier', looked_after: false, ...told,
  }
}

test('a place that may be wrong is never shown without saying why', () => {
  expect(doubtOf(parcel({}))).toBeNull()
  expect(doubtOf(parcel({ knowledge: 'unknown' }))).toBe('no_trace')
  expect(doubtOf(parcel({ knowledge: 'stale', silent_days: 4 }))).toBe('silent')
  expect(doubtOf(parcel({ knowledge: 'stale', silent_days: 1 }))).toBe('unheard')
})

test('what has arrived or gone back is not asked about', () => {
  expect(isUnderWay(parcel({ status: 'trouble' }))).toBe(true)
  expect(isUnderWay(parcel({ status: 'delivered' }))).toBe(false)
  expect(isUnderWay(parcel({ status: 'returned' }))).toBe(false)
})
