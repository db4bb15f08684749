/** First fetches: how a snapshot, an opened conversation and older pages enter the state without undoing newer events. */
import type { ConversationView, EntryPage, Snapshot, SummaryPage } from '../api/types'
import type { ById, DeskState, Timeline } from '../stores/state'
import { emptyTimeline } from '../stores/state'
import { drainAhead, keepAgent, keepOffer, keepQueue, keepSummary } from './apply'
import type { Effect } from './apply'

/** Takes a snapshot that was asked for at `revision`: what events have changed since then is newer and stays. */
export function loadSnapshot(state: DeskState, snapshot: Snapshot, revision: number): Effect[] {
  state.own.seenQueueIds = snapshot.seen_queue_ids
  const listed = [...snapshot.mine, ...snapshot.waiting]
  forgetSummaries(state, new Set(listed.map((one) => one.id)), revision)
  for (const summary of listed) keepSummary(state, summary)
  for (const queue of snapshot.queues) if (!isNewer(state.queues, queue.id, revision)) keepQueue(state, queue)
  for (const agent of [...snapshot.colleagues, snapshot.me]) {
    if (!isNewer(state.agents, agent.staff_id, revision)) keepAgent(state, agent)
  }
  return loadOffers(state, snapshot, revision)
}

/** Lists must not show what left them while nobody told us. Closed ones and opened ones are fetched on their own. */
function forgetSummaries(state: DeskState, listed: ReadonlySet<string>, revision: number): void {
  for (const [id, summary] of Object.entries(state.summaries.byId)) {
    const kept = listed.has(id) || summary.status === 'closed' || id in state.timelines.byId
    if (!kept && !isNewer(state.summaries, id, revision)) Reflect.deleteProperty(state.summaries.byId, id)
  }
}

function loadOffers(state: DeskState, snapshot: Snapshot, revision: number): Effect[] {
  const open = new Set(snapshot.offers.map((offer) => offer.id))
  const effects: Effect[] = []
  for (const offer of Object.values(state.offers.byId)) {
    if (open.has(offer.id) || isNewer(state.offers, offer.id, revision)) continue
    Reflect.deleteProperty(state.offers.byId, offer.id)
    effects.push({ do: 'end_offer', offerId: offer.id, conversationId: offer.conversation_id, outcome: 'withdrawn' })
  }
  for (const offer of snapshot.offers) if (keepOffer(state, offer)) effects.push({ do: 'announce_offer', offer })
  return effects
}

function isNewer<Thing>(things: ById<Thing>, id: string, revision: number): boolean {
  return (things.touched[id] ?? 0) > revision
}

/** Begins to collect events of a conversation whose first fetch is on its way. */
export function beginTimeline(state: DeskState, conversationId: string): Timeline {
  const known = state.timelines.byId[conversationId]
  if (known && known.phase !== 'failed') return known
  state.timelines.byId[conversationId] = emptyTimeline(conversationId)
  return state.timelines.byId[conversationId]
}

/** Forgets timelines that were opened long ago. */
export function forgetTimelines(state: DeskState, kept: ReadonlySet<string>): void {
  for (const id of Object.keys(state.timelines.byId)) if (!kept.has(id)) Reflect.deleteProperty(state.timelines.byId, id)
}

export function failTimeline(state: DeskState, conversationId: string, code: string): void {
  const timeline = state.timelines.byId[conversationId]
  if (timeline?.phase === 'loading') Object.assign(timeline, { phase: 'failed', failure: code })
}

/** Takes an opened conversation; entries that arrived since it was asked for follow behind it. */
export function loadView(state: DeskState, view: ConversationView): Effect[] {
  keepSummary(state, view.conversation)
  const timeline = beginTimeline(state, view.conversation.id)
  if (view.head >= timeline.head) replaceEntries(timeline, view)
  Object.assign(timeline, {
    phase: 'ready',
    failure: '',
    family: view.family,
    rating: view.rating,
    botTurns: view.bot_turns,
    viewers: view.viewers,
    draft: view.draft,
    earlier: view.earlier,
    canReply: view.can_reply,
    holds: view.holds,
  })
  drainAhead(timeline)
  return Object.keys(timeline.ahead).length > 0 ? [{ do: 'catch_up', conversationId: timeline.conversationId }] : []
}

/** Keeps older pages that were loaded before, when they join the fetched ones without a gap. */
function replaceEntries(timeline: Timeline, view: ConversationView): void {
  const first = view.entries[0]?.seq ?? view.head + 1
  const older = timeline.entries.filter((entry) => entry.seq < first)
  const joins = older.at(-1)?.seq === first - 1
  timeline.entries = joins ? [...older, ...view.entries] : [...view.entries]
  timeline.hasEarlier = joins ? timeline.hasEarlier : view.has_earlier
  timeline.head = view.head
}

/** Puts an older page before what is shown. */
export function loadEarlier(state: DeskState, conversationId: string, page: EntryPage): void {
  const timeline = state.timelines.byId[conversationId]
  if (!timeline) return
  const first = timeline.entries[0]?.seq ?? Infinity
  timeline.entries.unshift(...page.entries.filter((entry) => entry.seq < first))
  timeline.hasEarlier = page.has_earlier
}

/** Takes a page of closed conversations; the first page begins the list anew. */
export function loadClosed(state: DeskState, page: SummaryPage, options: { first: boolean }): void {
  for (const summary of page.conversations) keepSummary(state, summary)
  const fetched = page.conversations.map((one) => one.id)
  const before = options.first ? [] : state.summaries.closedIds
  state.summaries.closedIds = [...before, ...fetched.filter((id) => !before.includes(id))]
}
