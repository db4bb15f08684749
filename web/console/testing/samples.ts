/** Sample shapes for unit tests: complete, plain and changed in the part that a test is about. */
import type {
  AgentView,
  ConversationSummary,
  ConversationView,
  EntryAppended,
  OfferView,
  QueueState,
  Snapshot,
  StaffEvent,
  TimelineEntry,
} from '../api/types'

export const ME = 'staff-me'
export const AT = '2026-11-23T02:00:00Z'

export function summary(part: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    id: 'c1',
    number: '20261123-0001',
    version: 1,
    head: 0,
    channel: 'webchat',
    status: 'active',
    title: '王**',
    language: 'zh',
    queue_id: 'q1',
    assignee_id: ME,
    assignee_name: '李晓雯',
    priority: 0,
    flags: [],
    arrived_at: AT,
    promised_at: null,
    waiting_reply_since: null,
    reply_due_at: null,
    last_message: '',
    last_message_by: 'visitor',
    last_message_at: AT,
    unread: 0,
    read_by_patient_seq: 0,
    created_at: AT,
    closed_at: null,
    close_category: '',
    close_outcome: '',
    score: null,
    reopened: false,
    request_type: '',
    request_type_en: '',
    ...part,
  }
}

export function entry(seq: number, part: Partial<TimelineEntry> = {}): TimelineEntry {
  return {
    id: `e${seq}`,
    conversation_id: 'c1',
    seq,
    patient_seq: seq,
    kind: 'message',
    internal: false,
    author: 'visitor',
    author_id: 'v1',
    author_name: '',
    client_key: null,
    body: { kind: 'text', text: `message ${seq}` },
    at: AT,
    ...part,
  }
}

export function appended(seq: number, part: Partial<TimelineEntry> = {}): EntryAppended {
  const made = entry(seq, part)
  return { type: 'entry.appended', conversation_id: made.conversation_id, seq, entry: made }
}

export function changed(part: Partial<ConversationSummary>, previous: string | null = null): StaffEvent {
  return { type: 'conversation.changed', conversation: summary(part), previous_assignee_id: previous, previous_queue_id: null }
}

export function offer(part: Partial<OfferView> = {}): OfferView {
  return {
    id: 'o1',
    conversation_id: 'c1',
    channel: 'webchat',
    priority: 0,
    conversation_number: '20261123-0001',
    title: '',
    queue_id: 'q1',
    queue_name: '在线客服',
    language: 'zh',
    last_message: '',
    arrived_at: AT,
    flags: [],
    made_at: AT,
    expires_at: '2026-11-23T02:00:25Z',
    ...part,
  }
}

export function agent(part: Partial<AgentView> = {}): AgentView {
  return {
    staff_id: ME,
    name: '李晓雯',
    name_en: 'Li Xiaowen',
    state: 'ready',
    reason: '',
    since: AT,
    connected: true,
    load: 0,
    capacity: 5,
    queue_ids: ['q1'],
    voice: '',
    ...part,
  }
}

export function queue(part: Partial<QueueState> = {}): QueueState {
  return {
    id: 'q1',
    key: 'general',
    name: '在线客服',
    name_en: 'Online service',
    kind: 'parent',
    open: true,
    reason: 'in_session',
    next_change: null,
    next_open: null,
    waiting: 0,
    longest_wait_since: null,
    service_level_seconds: 60,
    ready_agents: 1,
    by_hand: null,
    ...part,
  }
}

export function snapshot(part: Partial<Snapshot> = {}): Snapshot {
  return {
    me: agent(),
    queues: [queue()],
    mine: [],
    waiting: [],
    offers: [],
    colleagues: [],
    close_categories: [],
    close_outcomes: [],
    break_reasons: [],
    transfer_reasons: [],
    rating_reasons: [],
    hospital: '童康',
    demo: true,
    server_time: AT,
    answered_today: 0,
    within_service_level_today: 0,
    message_characters: 2000,
    may_claim: false,
    seen_queue_ids: null,
    ...part,
  }
}

export function view(part: Partial<ConversationView> = {}): ConversationView {
  return {
    conversation: summary(),
    entries: [],
    has_earlier: false,
    head: 0,
    family: null,
    rating: null,
    bot_turns: [],
    viewers: [],
    draft: '',
    earlier: [],
    can_reply: true,
    holds: [],
    ...part,
  }
}
