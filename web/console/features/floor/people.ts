/** Agents by the name that the reader's language has for them. */
import type { AgentView } from '../../api/types'
import { language } from '../../i18n'

export function nameOf(agent: AgentView): string {
  return language.value === 'en' && agent.name_en ? agent.name_en : agent.name
}

/** The name of somebody of whom only the id is known, or what was told of them. */
export function nameOfId(agents: readonly AgentView[], staffId: string | null, told = ''): string {
  const found = agents.find((one) => one.staff_id === staffId)
  return found ? nameOf(found) : told
}
