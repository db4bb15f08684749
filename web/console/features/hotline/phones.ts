/** How an agent stands to the telephone, in one word. Pure. */
import type { AgentPhones } from './api'

export type Standing = { name: 'ready' | 'talking' | 'wrap_up' | 'not_ready' | 'no_phone'; tone: 'done' | 'action' | 'wait' | 'alarm' | 'quiet' }

export function standing(agent: AgentPhones): Standing {
  if (agent.voice === 'talking') return { name: 'talking', tone: 'action' }
  if (agent.voice === 'wrap_up') return { name: 'wrap_up', tone: 'wait' }
  // Ready without a phone: such an agent waits for calls that can never come.
  if (!agent.can_be_rung) return { name: 'no_phone', tone: agent.ready ? 'alarm' : 'quiet' }
  return agent.ready ? { name: 'ready', tone: 'done' } : { name: 'not_ready', tone: 'quiet' }
}
