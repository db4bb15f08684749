/** The last change of the clinic's schedule that the live line told of; an open calendar fetches its week again. */
import { shallowRef } from 'vue'
import type { ScheduleChanged } from '../api/types'

export const scheduleChanged = shallowRef<ScheduleChanged | null>(null)
