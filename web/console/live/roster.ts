/** The last change of the roster that the live line told of; an open staffing page fetches its week again. */
import { shallowRef } from 'vue'
import type { RosterChanged } from '../api/types'

export const rosterChanged = shallowRef<RosterChanged | null>(null)
