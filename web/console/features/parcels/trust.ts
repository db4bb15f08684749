/** How far what is known of a parcel can be relied on, as a key of words. Pure. */
import type { ParcelView } from '../../api/panels'

export { doubtOf } from '@shared/parcels'
export type { Doubt } from '@shared/parcels'

export const STATES = ['shipped', 'in_transit', 'out_for_delivery', 'delivered', 'returned', 'trouble'] as const
export type State = (typeof STATES)[number]

/** Whether the carrier can still be asked about it. */
export function isUnderWay(parcel: ParcelView): boolean {
  return parcel.status !== 'delivered' && parcel.status !== 'returned'
}
