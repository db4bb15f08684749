/** What a supervisor is about to do: the dialog asks for the rest, and one of these calls does it. */
import type { AgentView, ConversationSummary, QueueState } from '../../api/types'
import { followSchedule, moveWork, postNotice, setAgentState, setHours, setPriority, takeOver, whisper } from './api'
import type { AgentState, HandKind, WorkClass } from './api'

export type Deed =
  | { kind: 'hours'; queue: QueueState; to: HandKind }
  | { kind: 'follow'; queue: QueueState }
  | { kind: 'state'; agent: AgentView; state: AgentState }
  | { kind: 'move'; conversation: ConversationSummary }
  | { kind: 'priority'; conversation: ConversationSummary }
  | { kind: 'take_over'; conversation: ConversationSummary }
  | { kind: 'whisper'; conversation: ConversationSummary }
  | { kind: 'notice' }

export type Form = { reason: string; minutes: string; target: string; to: WorkClass; words: string; queueId: string; clientKey: string }

export const EVERYONE = '*'

export function emptyForm(): Form {
  return { reason: '', minutes: '30', target: '', to: 'urgent', words: '', queueId: EVERYONE, clientKey: crypto.randomUUID() }
}

/** Whether enough is filled in. */
export function isReady(deed: Deed, form: Form): boolean {
  if (deed.kind === 'whisper' || deed.kind === 'notice') return form.words.trim() !== ''
  return form.reason.trim().length >= 2 && (deed.kind !== 'move' || form.target !== '')
}

export function carryOut(deed: Deed, form: Form, now: number): Promise<unknown> {
  const reason = form.reason.trim()
  switch (deed.kind) {
    case 'hours':
      return setHours(deed.queue.id, deed.to, new Date(now + Number(form.minutes) * 60_000).toISOString(), reason)
    case 'follow':
      return followSchedule(deed.queue.id, reason)
    case 'state':
      return setAgentState(deed.agent.staff_id, deed.state, reason)
    case 'move': {
      const [kind, id = ''] = form.target.split(':')
      return moveWork(deed.conversation.id, { target_kind: kind === 'agent' ? 'agent' : 'queue', target_id: id }, reason)
    }
    case 'priority':
      return setPriority(deed.conversation.id, form.to, reason)
    case 'take_over':
      return takeOver(deed.conversation.id, reason)
    case 'whisper':
      return whisper(deed.conversation.id, form.clientKey, form.words)
    case 'notice':
      return postNotice(form.queueId === EVERYONE ? null : form.queueId, form.words)
  }
}
