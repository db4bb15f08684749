/** How far what is known of a parcel can be relied on, as a key of words; the same on every surface. Pure. */

export type Doubt = 'silent' | 'unheard' | 'no_trace'

const SILENT_DAYS = 3

/** What must be said beside the place of a parcel; null when it can be shown as it is. */
export function doubtOf(parcel: { knowledge: string; silent_days: number }): Doubt | null {
  if (parcel.knowledge === 'unknown') return 'no_trace'
  if (parcel.knowledge === 'fresh') return null
  return parcel.silent_days >= SILENT_DAYS ? 'silent' : 'unheard'
}
