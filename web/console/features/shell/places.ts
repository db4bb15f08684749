/** The supervisor's pages beside the desk, in the order in which every bar and menu names them. */
import type { WordKey } from '../../i18n'

export type Place = 'floor' | 'calendar' | 'staffing' | 'policy' | 'sandbox'

export const PLACES: readonly { place: Place; title: WordKey }[] = [
  { place: 'floor', title: 'floor.title' },
  { place: 'calendar', title: 'calendar.title' },
  { place: 'staffing', title: 'staffing.title' },
  { place: 'policy', title: 'policy.title' },
  { place: 'sandbox', title: 'sandbox.title' },
]
