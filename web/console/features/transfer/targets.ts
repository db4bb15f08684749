/** Who may take a conversation over: colleagues and queues, best first, each with why it cannot be chosen. Pure. */
import { fuzzyScore } from '@shared/text'
import type { AgentView, QueueState } from '../../api/types'

export type Obstacle = 'not_connected' | 'not_ready' | 'full'

export type Target =
  | { kind: 'agent'; key: string; id: string; name: string; agent: AgentView; obstacle: Obstacle | null; skilled: boolean }
  | { kind: 'queue'; key: string; id: string; name: string; queue: QueueState; obstacle: null; skilled: boolean }

export type About = { ownerId: string | null; queueId: string | null; language: 'zh' | 'en' }

/** Who can take it comes first: colleagues, those with the skill before the others, then queues; the rest stand below. */
export function targetsOf(agents: readonly AgentView[], queues: readonly QueueState[], about: About): Target[] {
  const colleagues = agents
    .filter((agent) => agent.staff_id !== about.ownerId && agent.capacity > 0)
    .map((agent) => agentTarget(agent, about))
  colleagues.sort((a, b) => place(a) - place(b) || share(a.agent) - share(b.agent) || a.name.localeCompare(b.name, 'zh'))
  const free = colleagues.filter((one) => one.obstacle === null)
  const kept = colleagues.filter((one) => one.obstacle !== null)
  return [...free, ...queues.map((queue) => queueTarget(queue, about)), ...kept]
}

/** What keeps somebody from taking it; the server checks the same again. */
export function obstacleOf(agent: AgentView): Obstacle | null {
  if (!agent.connected) return 'not_connected'
  if (agent.state !== 'ready') return 'not_ready'
  return agent.load >= agent.capacity ? 'full' : null
}

/** The targets whose name contains the signs typed, in their order. */
export function matching(targets: readonly Target[], words: string): Target[] {
  const sought = words.trim()
  if (sought === '') return [...targets]
  return targets.filter((one) => fuzzyScore(searchable(one), sought) !== null)
}

function searchable(target: Target): string {
  return target.kind === 'agent' ? `${target.agent.name} ${target.agent.name_en}` : `${target.queue.name} ${target.queue.name_en}`
}

function agentTarget(agent: AgentView, about: About): Target & { kind: 'agent' } {
  return {
    kind: 'agent',
    key: `agent:${agent.staff_id}`,
    id: agent.staff_id,
    name: about.language === 'en' && agent.name_en ? agent.name_en : agent.name,
    agent,
    obstacle: obstacleOf(agent),
    skilled: about.queueId !== null && agent.queue_ids.includes(about.queueId),
  }
}

function queueTarget(queue: QueueState, about: About): Target & { kind: 'queue' } {
  return {
    kind: 'queue',
    key: `queue:${queue.id}`,
    id: queue.id,
    name: about.language === 'en' && queue.name_en ? queue.name_en : queue.name,
    queue,
    obstacle: null,
    skilled: queue.id === about.queueId,
  }
}

function place(target: Target): number {
  return target.skilled ? 0 : 1
}

function share(agent: AgentView): number {
  return agent.load / Math.max(agent.capacity, 1)
}
