/** The shape of what the console knows of the server. Only `live/` writes it; views read it through the stores. */
import type {
  AgentView,
  AlertCode,
  BotTurnView,
  ConversationSummary,
  FamilyCard,
  NoticeView,
  OfferView,
  QueueState,
  RatingView,
  StandingHold,
  TimelineEntry,
  Viewer,
} from '../api/types'

/** One resource by id. `touched` holds the revision of its last change, so that an older answer can't overwrite it. */
export type ById<Thing> = { byId: Record<string, Thing>; touched: Record<string, number> }

/** An opened conversation. `entries` has no gaps and ends at `head`; what came too early waits in `ahead`. */
export type Timeline = {
  conversationId: string
  phase: 'loading' | 'ready' | 'failed'
  failure: string
  entries: TimelineEntry[]
  head: number
  ahead: Record<number, TimelineEntry>
  hasEarlier: boolean
  family: FamilyCard | null
  rating: RatingView | null
  botTurns: BotTurnView[]
  viewers: Viewer[]
  draft: string
  earlier: ConversationSummary[]
  canReply: boolean
  holds: StandingHold[]
}

export type Typing = { who: 'visitor' | 'staff'; staffId: string | null; name: string; until: number }

export type Alert = {
  id: string
  code: AlertCode
  conversationId: string | null
  staffId: string | null
  queueId: string | null
  at: string
  acknowledged: boolean
}

export type DeskState = {
  /** `seenQueueIds` are the queues whose talks I am told of; null is the whole house. */
  own: { staffId: string; revision: number; seenQueueIds: readonly string[] | null }
  summaries: ById<ConversationSummary> & { closedIds: string[] }
  timelines: { byId: Record<string, Timeline> }
  queues: ById<QueueState>
  agents: ById<AgentView>
  /** `ended` remembers offers that are over: an ending may overtake its beginning. */
  offers: ById<OfferView> & { ended: Record<string, true> }
  typing: { byConversation: Record<string, Typing[]> }
  alerts: { list: Alert[]; notices: NoticeView[] }
}

export function emptyTimeline(conversationId: string): Timeline {
  return {
    conversationId,
    phase: 'loading',
    failure: '',
    entries: [],
    head: 0,
    ahead: {},
    hasEarlier: false,
    family: null,
    rating: null,
    botTurns: [],
    viewers: [],
    draft: '',
    earlier: [],
    canReply: false,
    holds: [],
  }
}

export function emptyState(staffId: string): DeskState {
  return {
    own: { staffId, revision: 0, seenQueueIds: [] },
    summaries: { byId: {}, touched: {}, closedIds: [] },
    timelines: { byId: {} },
    queues: { byId: {}, touched: {} },
    agents: { byId: {}, touched: {} },
    offers: { byId: {}, touched: {}, ended: {} },
    typing: { byConversation: {} },
    alerts: { list: [], notices: [] },
  }
}
