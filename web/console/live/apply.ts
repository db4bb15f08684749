/** What each event means for the screen's state. No clock, no network: the same events give the same state, and what
 *  must follow outside (a fetch, a sound) is returned as effects. */
import type {
  AgentView,
  AssistChanged,
  CallView,
  ConversationChanged,
  ConversationSummary,
  DeskCondition,
  EntryAppended,
  IncidentView,
  OfferEnded,
  OfferMade,
  OfferView,
  QueueState,
  RosterChanged,
  ScheduleChanged,
  SomeoneTyped,
  StaffEvent,
  SupervisorActed,
  TimelineEntry,
  Viewer,
} from '../api/types'
import type { DeskState, Timeline } from '../stores/state'
import { changeAlert, keepNotice, noteSeen, raiseAlert } from './floor'
import type { FloorEffect } from './floor'

export type Effect =
  | { do: 'catch_up'; conversationId: string }
  | { do: 'reload_view'; conversationId: string }
  | { do: 'announce_offer'; offer: OfferView }
  | { do: 'end_offer'; offerId: string; conversationId: string; outcome: OfferEnded['outcome'] }
  | { do: 'announce_message'; conversationId: string; title: string; words: string }
  | FloorEffect
  | { do: 'tell_act'; act: SupervisorActed }
  | { do: 'lost_conversation'; conversationId: string; to: string | null }
  | { do: 'renew_calendar'; change: ScheduleChanged }
  | { do: 'renew_roster'; change: RosterChanged }
  | { do: 'keep_request'; request: AssistChanged['request']; queueId: string | null }
  | { do: 'keep_call'; call: CallView }
  | { do: 'keep_condition'; condition: DeskCondition }
  | { do: 'keep_incident'; incident: IncidentView }

/** How long "is typing" stands without being renewed. */
export const TYPING_MS = 5000

/** Applies one event. `now` is only used to let "is typing" run out. */
export function apply(state: DeskState, event: StaffEvent, now: number): Effect[] {
  switch (event.type) {
    case 'entry.appended':
      return appendEntry(state, event)
    case 'conversation.changed':
      return changeConversation(state, event)
    case 'offer.made':
      return makeOffer(state, event)
    case 'offer.ended':
      return endOffer(state, event)
    case 'presence.changed':
      return keepAgent(state, event.agent)
    case 'queue.changed':
      return keepQueue(state, event.queue)
    case 'viewers.changed':
      return keepViewers(state, event.conversation_id, event.viewers)
    case 'someone.typed':
      return noteTyping(state, event, now)
    case 'alert.raised':
      return raiseAlert(state, event)
    case 'alert.changed':
      return changeAlert(state, event)
    case 'notice.posted':
      return keepNotice(state, event.notice)
    case 'notice.acknowledged':
      return noteSeen(state, event.notice_id, event.staff_id)
    case 'supervisor.acted':
      return [{ do: 'tell_act', act: event }]
    case 'schedule.changed':
      return [{ do: 'renew_calendar', change: event }]
    case 'parcel.changed':
      // Where parcels are is not on the wire; it is fetched with the family's card.
      return state.timelines.byId[event.conversation_id] ? [{ do: 'reload_view', conversationId: event.conversation_id }] : []
    case 'roster.changed':
      return [{ do: 'renew_roster', change: event }]
    case 'assist.changed':
      return [{ do: 'keep_request', request: event.request, queueId: event.floor_queue_id }]
    case 'call.changed':
      return [{ do: 'keep_call', call: event.call }]
    case 'condition.changed':
      return [{ do: 'keep_condition', condition: event.condition }]
    case 'incident.changed':
      return [{ do: 'keep_incident', incident: event.incident }]
  }
}

// ---- the timeline ----------------------------------------------------------------------------------------

function appendEntry(state: DeskState, event: EntryAppended): Effect[] {
  const timeline = state.timelines.byId[event.conversation_id]
  if (!timeline || event.seq <= timeline.head) return []
  stopTyping(state, event.entry)
  timeline.ahead[event.seq] = event.entry
  // While the first fetch is under way everything waits for it.
  if (timeline.phase !== 'ready') return []
  const added = drainAhead(timeline)
  const effects: Effect[] = []
  if (Object.keys(timeline.ahead).length > 0) effects.push({ do: 'catch_up', conversationId: timeline.conversationId })
  // What the bot weighed is not on the wire; it is fetched with the view.
  if (added.some((entry) => entry.author === 'bot')) {
    effects.push({ do: 'reload_view', conversationId: timeline.conversationId })
  }
  return effects
}

/** Moves what now follows without a gap onto the timeline and returns it. */
export function drainAhead(timeline: Timeline): TimelineEntry[] {
  const added: TimelineEntry[] = []
  for (let next = timeline.ahead[timeline.head + 1]; next; next = timeline.ahead[timeline.head + 1]) {
    timeline.head += 1
    added.push(next)
  }
  for (const seq of Object.keys(timeline.ahead).map(Number)) {
    if (seq <= timeline.head) Reflect.deleteProperty(timeline.ahead, seq)
  }
  timeline.entries.push(...added)
  return added
}

// ---- lists -----------------------------------------------------------------------------------------------

function changeConversation(state: DeskState, event: ConversationChanged): Effect[] {
  const before = state.summaries.byId[event.conversation.id]
  const after = event.conversation
  if (!keepSummary(state, after)) return []
  refreshOffers(state, after)
  if (after.status === 'closed' && event.previous_assignee_id === state.own.staffId) putOnClosed(state, after.id)
  const effects: Effect[] = []
  if ((changesWhatIMayDo(before, after) || turnedOutToBe(before, after)) && state.timelines.byId[after.id]) {
    effects.push({ do: 'reload_view', conversationId: after.id })
  }
  if (wasMineAndNowAnothers(state, event)) {
    effects.push({ do: 'lost_conversation', conversationId: after.id, to: after.assignee_name })
  }
  if (isMine(state, after) && before && after.unread > before.unread) {
    effects.push({ do: 'announce_message', conversationId: after.id, title: after.title, words: after.last_message })
  }
  return effects
}

/** Takes a summary unless what is known is as new; tells whether it was taken. */
export function keepSummary(state: DeskState, summary: ConversationSummary): boolean {
  const known = state.summaries.byId[summary.id]
  if (known && summary.version <= known.version) return false
  state.summaries.byId[summary.id] = summary
  touch(state, state.summaries.touched, summary.id)
  return true
}

function putOnClosed(state: DeskState, id: string): void {
  if (!state.summaries.closedIds.includes(id)) state.summaries.closedIds.unshift(id)
}

function isMine(state: DeskState, summary: ConversationSummary): boolean {
  return summary.status === 'active' && summary.assignee_id === state.own.staffId
}

function wasMineAndNowAnothers(state: DeskState, event: ConversationChanged): boolean {
  const { conversation } = event
  return event.previous_assignee_id === state.own.staffId && conversation.status !== 'closed' && !isMine(state, conversation)
}

function changesWhatIMayDo(before: ConversationSummary | undefined, after: ConversationSummary): boolean {
  if (!before) return false
  return before.status !== after.status || before.assignee_id !== after.assignee_id || before.score !== after.score
}

/** Somebody has found out who writes or calls: the family's card is not on the wire, it is fetched with the view. */
function turnedOutToBe(before: ConversationSummary | undefined, after: ConversationSummary): boolean {
  return before !== undefined && before.title !== after.title
}

// ---- offers ----------------------------------------------------------------------------------------------

function makeOffer(state: DeskState, event: OfferMade): Effect[] {
  return keepOffer(state, event.offer) ? [{ do: 'announce_offer', offer: event.offer }] : []
}

/** An open offer shows what the visitor has written since it was made. */
function refreshOffers(state: DeskState, { id, title, flags, last_message, last_message_by }: ConversationSummary): void {
  const words = last_message_by === 'visitor' ? last_message : ''
  for (const offer of Object.values(state.offers.byId)) {
    if (offer.conversation_id !== id) continue
    state.offers.byId[offer.id] = { ...offer, title, flags, last_message: words || offer.last_message }
  }
}

/** Takes an offer that is new and not already over. */
export function keepOffer(state: DeskState, offer: OfferView): boolean {
  if (state.offers.ended[offer.id] || state.offers.byId[offer.id]) return false
  state.offers.byId[offer.id] = offer
  touch(state, state.offers.touched, offer.id)
  return true
}

function endOffer(state: DeskState, event: OfferEnded): Effect[] {
  const wasOpen = event.offer_id in state.offers.byId
  state.offers.ended[event.offer_id] = true
  Reflect.deleteProperty(state.offers.byId, event.offer_id)
  if (!wasOpen) return []
  const { offer_id, conversation_id, outcome } = event
  return [{ do: 'end_offer', offerId: offer_id, conversationId: conversation_id, outcome }]
}

// ---- queues and colleagues -------------------------------------------------------------------------------

export function keepAgent(state: DeskState, agent: AgentView): Effect[] {
  state.agents.byId[agent.staff_id] = agent
  touch(state, state.agents.touched, agent.staff_id)
  return []
}

export function keepQueue(state: DeskState, queue: QueueState): Effect[] {
  state.queues.byId[queue.id] = queue
  touch(state, state.queues.touched, queue.id)
  return []
}

function touch(state: DeskState, touched: Record<string, number>, id: string): void {
  state.own.revision += 1
  touched[id] = state.own.revision
}

// ---- who is here, who types ------------------------------------------------------------------------------

export function keepViewers(state: DeskState, conversationId: string, viewers: Viewer[]): Effect[] {
  const timeline = state.timelines.byId[conversationId]
  if (timeline) timeline.viewers = viewers
  return []
}

function noteTyping(state: DeskState, event: SomeoneTyped, now: number): Effect[] {
  if (event.staff_id === state.own.staffId) return []
  const others = (state.typing.byConversation[event.conversation_id] ?? []).filter(
    (one) => one.until > now && !(one.who === event.who && one.staffId === event.staff_id),
  )
  const fresh = { who: event.who, staffId: event.staff_id, name: event.name, until: now + TYPING_MS }
  state.typing.byConversation[event.conversation_id] = [...others, fresh]
  return []
}

/** Who has just written is no longer typing. */
function stopTyping(state: DeskState, entry: TimelineEntry): void {
  const typing = state.typing.byConversation[entry.conversation_id]
  if (!typing) return
  state.typing.byConversation[entry.conversation_id] = typing.filter((one) =>
    one.who === 'visitor' ? entry.author !== 'visitor' : one.staffId !== entry.author_id,
  )
}
