/** How far what is known of a parcel can be relied on, as a key of words. Pure. */
import type { ParcelView } from '../../api/panels'

export type Doubt = 'silent' | 'unheard' | 'no_trace'

const SILENT_DAYS = 3

/** What must be said beside the place of a parcel; null when it can be shown as it is. */
export function doubtOf(parcel: ParcelView): Doubt | null {
  if (parcel.knowledge === 'unknown') return 'no_trace'
  if (parcel.knowledge === 'fresh') return null
  return parcel.silent_days >= SILENT_DAYS ? 'silent' : 'unheard'
}

export const STATES = ['shipped', 'in_transit', 'out_for_delivery', 'delivered', 'returned', 'trouble'] as const
export type State = (typeof STATES)[number]

/** Whether the carrier can still be asked about it. */
export function isUnderWay(parcel: ParcelView): boolean {
  return parcel.status !== 'delivered' && parcel.status !== 'returned'
}
