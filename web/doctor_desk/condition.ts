/** What fails just now and which incident goes on: told by the live line while there is one, asked for where there is none. */
import { shallowRef } from 'vue'
import type { DependencyTrouble, IncidentView } from '@shared/continuity/told'
import * as api from './api'

export const troubles = shallowRef<readonly DependencyTrouble[]>([])
export const incidents = shallowRef<readonly IncidentView[]>([])

export function keepCondition(told: { troubles: DependencyTrouble[] }): void {
  troubles.value = told.troubles
}

export function keepIncident(told: IncidentView): void {
  const others = incidents.value.filter(({ id }) => id !== told.id)
  incidents.value = told.ended_at ? others : [...others, told]
}

/** A server that does not answer says nothing about what it depends on: what was known stays. */
export async function askCondition({ incidentsToo }: { incidentsToo: boolean }): Promise<void> {
  await api.fetchCondition().then(keepCondition, () => undefined)
  if (incidentsToo) await api.fetchIncidents().then(({ open }) => { incidents.value = open }, () => undefined)
}
