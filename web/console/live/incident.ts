/** The incidents that go on: told by the live line, asked for where there is none. */
import { shallowRef } from 'vue'
import { get } from '../api/client'
import type { IncidentView } from '../api/types'
import type { Schemas } from '@contract'

export const incidents = shallowRef<IncidentView[]>([])
/** Grows with each telling: whoever shows the course of one fetches it again. */
export const incidentsTold = shallowRef(0)

export function keepIncident(told: IncidentView): void {
  const others = incidents.value.filter(({ id }) => id !== told.id)
  incidents.value = told.ended_at ? others : [...others, told]
  incidentsTold.value += 1
}

export async function askIncidents(): Promise<void> {
  await get<Schemas['IncidentsPage']>('/api/console/incidents').then(
    ({ open }) => { incidents.value = open.map(({ incident }) => incident) },
    () => undefined,
  )
}
