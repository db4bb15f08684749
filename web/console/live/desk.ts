/** The living desk: keeps the line, brings events to the stores, catches up after every gap and carries out effects. */
import * as api from '../api'
import type { Beat, ConversationSummary, StaffEvent, TimelineEntry } from '../api/types'
import { serverNow, setServerTime } from '@shared/now'
import { deskState, useOwn, useSummaries, useTimelines } from '../stores'
import { useDesk } from '../stores/desk'
import { reaches } from '../stores/lists'
import { useSession } from '../stores/session'
import { useSync } from '../stores/sync'
import { isSomebodyHere } from './activity'
import { apply } from './apply'
import type { Effect } from './apply'
import { askCondition, keepCondition } from './condition'
import { keepIncident } from './incident'
import { connect } from './connection'
import type { Connection, Watched } from './connection'
import { forgetRequest, forgetRequests, keepRequest } from './assist'
import { forgetCalls, keepCall } from './calls'
import { beginTimeline, failTimeline, forgetTimelines, loadClosed, loadEarlier, loadSnapshot, loadView } from './load'
import { rosterChanged } from './roster'
import { scheduleChanged } from './schedule'
import { loadAlerts } from './floor'
import { tellRaw } from './raw'
import { announce } from './signals'

/** Also repairs what no event told, should that ever happen. */
const REFRESH_MS = 60_000
const RELOAD_DELAY_MS = 250
const TYPING_EVERY_MS = 2500
/** Timelines that open at once when one comes back to them; a whole shift's would fill the memory. */
const TIMELINES_KEPT = 20

let line: Connection | null = null
let hooks: DeskHooks = { caughtUp: () => Promise.resolve(), refused: () => Promise.resolve() }
let refreshing: ReturnType<typeof setInterval> | undefined
let watched: string | null = null
let lastTyping = 0
const lastOpened = new Set<string>()
const reloading = new Map<string, ReturnType<typeof setTimeout>>()

// ---- life ------------------------------------------------------------------------------------------------

export type DeskHooks = {
  /** Follows every time that nothing is missing any more. */
  caughtUp: () => Promise<void>
  /** The server does not accept this session on the live line. */
  refused: () => Promise<void>
}

/** Opens the desk of whoever has just signed in. */
export function openDesk(staffId: string, csrf: string, given: DeskHooks): void {
  dropLine()
  useOwn().staffId = staffId
  hooks = given
  line = connect(csrf, {
    onEvent: deliver,
    onBeat: compareHeads,
    onUp: () => void catchUp(),
    onDown: () => { lose('down') },
    onSilence: () => { lose('silent') },
    onRefused: refused,
    onContact: noteContact,
  })
  refreshing = setInterval(() => {
    if (isSomebodyHere() && useSync().isLive) void refresh().catch(() => undefined)
  }, REFRESH_MS)
  // The lists need not wait for the live line.
  void refresh().catch(() => undefined)
}

export function closeDesk(): void {
  dropLine()
  forgetRequests()
  forgetCalls()
  watched = null
}

function dropLine(): void {
  line?.close()
  line = null
  clearInterval(refreshing)
  useSync().$reset()
}

/** Tries the line again at once. */
export function reconnectNow(): void {
  line?.hurry()
}

// ---- events ----------------------------------------------------------------------------------------------

/** Applies an event, wherever it came from, and carries out what follows from it. */
export function deliver(event: StaffEvent): void {
  useSync().lastContact = Date.now()
  follow(apply(deskState(), event, serverNow()))
  tellRaw(event)
}

/** A command's answer goes through the same gate as the event that says the same. */
export function deliverSummary(conversation: ConversationSummary): void {
  deliver({ type: 'conversation.changed', conversation, previous_assignee_id: null, previous_queue_id: null })
}

export function deliverEntry(entry: TimelineEntry): void {
  deliver({ type: 'entry.appended', conversation_id: entry.conversation_id, seq: entry.seq, entry })
}

function follow(effects: readonly Effect[]): void {
  for (const effect of effects) {
    switch (effect.do) {
      case 'catch_up':
        void fetchMissing(effect.conversationId)
        break
      case 'reload_view':
        reloadSoon(effect.conversationId)
        break
      case 'end_offer':
        // Today's figures come with the snapshot only.
        if (effect.outcome === 'accepted') void refresh().catch(() => undefined)
        announce(effect)
        break
      case 'renew_calendar':
        scheduleChanged.value = effect.change
        break
      case 'renew_roster':
        rosterChanged.value = effect.change
        break
      case 'keep_request':
        if (isGone(effect.request.conversation_id, effect.queueId)) forgetRequest(effect.request.conversation_id)
        else keepRequest(effect.request)
        break
      case 'keep_call':
        keepCall(effect.call)
        break
      case 'keep_condition':
        keepCondition(effect.condition)
        break
      case 'keep_incident':
        keepIncident(effect.incident)
        break
      case 'announce_offer':
      case 'announce_message':
      case 'announce_alert':
      case 'announce_notice':
      case 'tell_act':
      case 'lost_conversation':
        announce(effect)
        break
    }
  }
}

/** A request that moved to a queue beyond my reach is told to me once more, so that it leaves my list. */
function isGone(conversationId: string, queueId: string | null): boolean {
  const { seenQueueIds, staffId } = useOwn()
  const isMine = useSummaries().byId[conversationId]?.assignee_id === staffId
  return useSession().may('see_floor') && !reaches(seenQueueIds, queueId) && !isMine && conversationId !== watched
}

// ---- catching up -----------------------------------------------------------------------------------------

async function catchUp(): Promise<void> {
  const sync = useSync()
  sync.phase = 'catching_up'
  sync.refusal = ''
  void askCondition()
  try {
    if (watched) await watch(watched)
    await refresh()
    sync.lastContact = Date.now()
    if (sync.phase === 'catching_up') sync.phase = 'in_sync'
    await hooks.caughtUp()
  } catch {
    // The next ping, or the next connection, begins again; until then the screen says that it is catching up.
    setTimeout(() => { if (sync.phase === 'catching_up') void catchUp() }, RELOAD_DELAY_MS * 8)
  }
}

/** Fetches the desk at a glance. What events say meanwhile is newer and wins. */
async function refresh(): Promise<void> {
  const revision = useOwn().revision
  const asked = Date.now()
  const [snapshot, mine] = await Promise.all([api.fetchSnapshot(), api.fetchMyAlerts()])
  setServerTime(snapshot.server_time, Date.now() - asked)
  useDesk().take(snapshot)
  loadAlerts(deskState(), mine.alerts)
  deskState().alerts.notices = mine.notices
  follow(loadSnapshot(deskState(), snapshot, revision))
  if (useSummaries().closedIds.length > 0) await refreshClosed()
}

/** Fetches the newest closed conversations into the list, however far it has been read. */
export async function refreshClosed(): Promise<void> {
  loadClosed(deskState(), await api.fetchClosed(null), { first: false })
}

/** Fetches page after page until nothing is missing; only one such walk per conversation at a time. */
const walking = new Set<string>()
export async function fetchMissing(conversationId: string): Promise<void> {
  if (walking.has(conversationId)) return
  walking.add(conversationId)
  try {
    for (let more = true; more; ) {
      const timeline = useTimelines().of(conversationId)
      if (timeline?.phase !== 'ready') return
      const page = await api.fetchEvents(conversationId, timeline.head)
      page.events.forEach(deliver)
      deliverSummary(page.conversation)
      more = page.more && page.events.length > 0
    }
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error
    // Silence now; the next beat or connection compares the heads again.
  } finally {
    walking.delete(conversationId)
  }
}

function compareHeads(beat: Beat): void {
  useSync().lastContact = Date.now()
  for (const [id, head] of Object.entries(beat.heads)) {
    if (head > (useTimelines().of(id)?.head ?? Infinity)) void fetchMissing(id)
  }
}

// ---- the state of the line -------------------------------------------------------------------------------

function noteContact(roundTripMs: number, at: string): void {
  const sync = useSync()
  sync.lastContact = Date.now()
  sync.roundTripMs = roundTripMs
  setServerTime(at, roundTripMs)
  if (sync.phase === 'silent') void catchUp()
}

function lose(phase: 'down' | 'silent'): void {
  const sync = useSync()
  if (sync.isLive || sync.phase === 'starting') sync.since = sync.lastContact || Date.now()
  sync.phase = phase
}

function refused(code: string): void {
  lose('down')
  useSync().refusal = code
  void hooks.refused()
}

// ---- one conversation ------------------------------------------------------------------------------------

/** Opens a conversation: enters its room first, then fetches it, so that nothing falls in between. */
export async function openConversation(conversationId: string): Promise<void> {
  if (watched && watched !== conversationId) leaveConversation(watched)
  watched = conversationId
  lastOpened.delete(conversationId)
  lastOpened.add(conversationId)
  forgetTimelines(deskState(), keepNewest(lastOpened, TIMELINES_KEPT))
  beginTimeline(deskState(), conversationId)
  const [entered, view] = await Promise.allSettled([watch(conversationId), api.fetchConversation(conversationId)])
  if (view.status === 'fulfilled') {
    follow(loadView(deskState(), view.value))
    if (entered.status === 'fulfilled' && entered.value) takeWatched(entered.value)
  } else if (view.reason instanceof api.ApiError) {
    failTimeline(deskState(), conversationId, view.reason.code)
  }
}

function keepNewest(ids: Set<string>, count: number): ReadonlySet<string> {
  for (const id of Array.from(ids).slice(0, -count)) ids.delete(id)
  return ids
}

/** Leaves a conversation, unless another one has taken its place already. */
export function leaveConversation(conversationId: string): void {
  if (watched !== conversationId) return
  line?.unwatch(conversationId)
  watched = null
}

async function watch(conversationId: string): Promise<Watched | null> {
  const timeline = useTimelines().of(conversationId)
  const after = timeline?.phase === 'ready' ? timeline.head : (useSummaries().byId[conversationId]?.head ?? 0)
  const answer = await line?.watch(conversationId, after)
  if (!answer?.ok) return null
  takeWatched(answer)
  return answer
}

function takeWatched(answer: Watched): void {
  const { conversation, viewers } = answer
  deliver({ type: 'viewers.changed', conversation_id: conversation.id, viewers })
  answer.events.forEach(deliver)
  deliverSummary(conversation)
  const timeline = useTimelines().of(conversation.id)
  if (timeline?.phase === 'ready' && answer.head > timeline.head) void fetchMissing(conversation.id)
}

/** Fetches what no event carries: who may reply, the family, the rating, what the bot weighed. */
function reloadSoon(conversationId: string): void {
  clearTimeout(reloading.get(conversationId))
  const timer = setTimeout(() => {
    reloading.delete(conversationId)
    api.fetchConversation(conversationId).then(
      (view) => { follow(loadView(deskState(), view)) },
      () => undefined,
    )
  }, RELOAD_DELAY_MS)
  reloading.set(conversationId, timer)
}

export async function fetchEarlierEntries(conversationId: string): Promise<void> {
  const first = useTimelines().of(conversationId)?.entries[0]
  if (first) loadEarlier(deskState(), conversationId, await api.fetchEarlier(conversationId, first.seq))
}

/** Fetches a page of closed conversations and returns the cursor of the next one. */
export async function fetchClosedPage(cursor: string | null): Promise<string | null> {
  const page = await api.fetchClosed(cursor)
  loadClosed(deskState(), page, { first: cursor === null })
  return page.cursor
}

/** Remembers what the server now holds as the draft. */
export function noteDraft(conversationId: string, text: string): void {
  const timeline = useTimelines().of(conversationId)
  if (timeline) timeline.draft = text
}

/** Tells the others that somebody types here, no more often than it lasts on their screens. */
export function sayTyping(conversationId: string): void {
  if (Date.now() - lastTyping < TYPING_EVERY_MS) return
  lastTyping = Date.now()
  line?.typing(conversationId)
}
