/** What fails just now: told by the live line while there is one, asked for where there is none. */
import { shallowRef } from 'vue'
import { get } from '../api/client'
import type { DependencyTrouble, DeskCondition } from '../api/types'

export const condition = shallowRef<DependencyTrouble[]>([])

export function keepCondition(told: DeskCondition): void {
  condition.value = told.troubles
}

/** A server that does not answer says nothing about its dependencies: what was known stays. */
export async function askCondition(): Promise<void> {
  await get<DeskCondition>('/api/condition').then(keepCondition, () => undefined)
}
