import { describe, expect, it } from 'vitest'
import type { StaffEvent } from '../api/types'
import { emptyState } from '../stores/state'
import type { DeskState } from '../stores/state'
import { AT, ME, agent, appended, changed, offer, queue, summary, view } from '../testing/samples'
import { TYPING_MS, apply } from './apply'
import { beginTimeline, loadView } from './load'

const NOW = Date.parse(AT)

function desk(): DeskState {
  return emptyState(ME)
}

function deskWithTimeline(head = 0): DeskState {
  const state = desk()
  const entries = Array.from({ length: head }, (_, at) => appended(at + 1).entry)
  loadView(state, view({ conversation: summary({ head }), entries, head }))
  return state
}

function shown(state: DeskState): number[] {
  return state.timelines.byId.c1?.entries.map((entry) => entry.seq) ?? []
}

describe('a parcel', () => {
  it('that moved has the card of its family fetched, where it is open', () => {
    const moved: StaffEvent = { type: 'parcel.changed', conversation_id: 'c1' }
    expect(apply(deskWithTimeline(1), moved, NOW)).toEqual([{ do: 'reload_view', conversationId: 'c1' }])
    expect(apply(desk(), moved, NOW)).toEqual([])
  })
})

describe('an entry', () => {
  it('that follows is put at the end', () => {
    const state = deskWithTimeline(2)
    expect(apply(state, appended(3), NOW)).toEqual([])
    expect(shown(state)).toEqual([1, 2, 3])
    expect(state.timelines.byId.c1?.head).toBe(3)
  })

  it('that was there before changes nothing', () => {
    const state = deskWithTimeline(2)
    const before = structuredClone(state)
    expect(apply(state, appended(2, { body: { kind: 'text', text: 'twice' } }), NOW)).toEqual([])
    expect(state).toEqual(before)
  })

  it('beyond a gap waits and asks for what is missing', () => {
    const state = deskWithTimeline(2)
    expect(apply(state, appended(5), NOW)).toEqual([{ do: 'catch_up', conversationId: 'c1' }])
    expect(shown(state)).toEqual([1, 2])
  })

  it('that closes a gap brings those which waited with it', () => {
    const state = deskWithTimeline(2)
    apply(state, appended(5), NOW)
    apply(state, appended(4), NOW)
    expect(apply(state, appended(3), NOW)).toEqual([])
    expect(shown(state)).toEqual([1, 2, 3, 4, 5])
    expect(state.timelines.byId.c1?.ahead).toEqual({})
  })

  it('waits for the first fetch when it is faster', () => {
    const state = desk()
    beginTimeline(state, 'c1')
    expect(apply(state, appended(3), NOW)).toEqual([])
    loadView(state, view({ entries: [appended(1).entry, appended(2).entry], head: 2 }))
    expect(shown(state)).toEqual([1, 2, 3])
  })

  it('of a conversation that nobody opened is not kept', () => {
    const state = desk()
    expect(apply(state, appended(1), NOW)).toEqual([])
    expect(state.timelines.byId).toEqual({})
  })

  it('of the bot asks for what the bot weighed', () => {
    const state = deskWithTimeline(0)
    expect(apply(state, appended(1, { author: 'bot' }), NOW)).toEqual([{ do: 'reload_view', conversationId: 'c1' }])
  })

  it('ends the typing of its author', () => {
    const state = deskWithTimeline(0)
    apply(state, { type: 'someone.typed', conversation_id: 'c1', who: 'visitor', staff_id: null, name: '' }, NOW)
    apply(state, appended(1), NOW)
    expect(state.typing.byConversation.c1).toEqual([])
  })
})

describe('a changed conversation', () => {
  it('is taken when its version is higher', () => {
    const state = desk()
    apply(state, changed({ version: 4, last_message: 'old' }), NOW)
    apply(state, changed({ version: 5, last_message: 'new' }), NOW)
    expect(state.summaries.byId.c1?.last_message).toBe('new')
  })

  it('is dropped when its version is lower or the same', () => {
    const state = desk()
    apply(state, changed({ version: 5, last_message: 'new' }), NOW)
    apply(state, changed({ version: 4, last_message: 'old' }), NOW)
    apply(state, changed({ version: 5, last_message: 'other' }), NOW)
    expect(state.summaries.byId.c1?.last_message).toBe('new')
  })

  it('that is closed by me stands first among the closed', () => {
    const state = desk()
    state.summaries.closedIds = ['c0']
    apply(state, changed({ version: 2, status: 'closed', assignee_id: null, closed_at: AT }, ME), NOW)
    expect(state.summaries.closedIds).toEqual(['c1', 'c0'])
  })

  it('that left my hands is told to me', () => {
    const state = desk()
    apply(state, changed({ version: 1 }), NOW)
    const gone = changed({ version: 2, assignee_id: 'other', assignee_name: '王思远' }, ME)
    expect(apply(state, gone, NOW)).toContainEqual({ do: 'lost_conversation', conversationId: 'c1', to: '王思远' })
  })

  it('with new words of the visitor is announced', () => {
    const state = desk()
    apply(state, changed({ version: 1, unread: 0 }), NOW)
    const effects = apply(state, changed({ version: 2, unread: 1, last_message: '在吗' }), NOW)
    expect(effects).toEqual([{ do: 'announce_message', conversationId: 'c1', title: '王**', words: '在吗' }])
  })

  it('of a colleague is not announced', () => {
    const state = desk()
    apply(state, changed({ version: 1, assignee_id: 'other' }), NOW)
    expect(apply(state, changed({ version: 2, assignee_id: 'other', unread: 1 }), NOW)).toEqual([])
  })

  it('that I may now answer is fetched anew when it is open', () => {
    const state = deskWithTimeline(1)
    const taken = changed({ version: 2, assignee_id: 'other' })
    expect(apply(state, taken, NOW)).toContainEqual({ do: 'reload_view', conversationId: 'c1' })
  })
})

describe('an offer', () => {
  it('is kept and announced once', () => {
    const state = desk()
    const made: StaffEvent = { type: 'offer.made', staff_id: ME, offer: offer() }
    expect(apply(state, made, NOW)).toEqual([{ do: 'announce_offer', offer: offer() }])
    expect(apply(state, made, NOW)).toEqual([])
    expect(Object.keys(state.offers.byId)).toEqual(['o1'])
  })

  it('that has ended is gone', () => {
    const state = desk()
    apply(state, { type: 'offer.made', staff_id: ME, offer: offer() }, NOW)
    const effects = apply(state, ended('withdrawn'), NOW)
    expect(effects).toEqual([{ do: 'end_offer', offerId: 'o1', conversationId: 'c1', outcome: 'withdrawn' }])
    expect(state.offers.byId).toEqual({})
  })

  it('shows what the visitor has written since, and nobody else', () => {
    const state = desk()
    apply(state, { type: 'offer.made', staff_id: ME, offer: offer({ last_message: '在吗' }) }, NOW)
    const waits = { status: 'waiting', assignee_id: null } as const
    apply(state, changed({ ...waits, version: 2, last_message: '孩子喘不上气', flags: ['red_flag'] }), NOW)
    expect(state.offers.byId.o1).toMatchObject({ last_message: '孩子喘不上气', flags: ['red_flag'] })
    apply(state, changed({ ...waits, version: 3, last_message: '稍等', last_message_by: 'agent' }), NOW)
    apply(state, changed({ ...waits, version: 4, last_message: '' }), NOW)
    expect(state.offers.byId.o1?.last_message).toBe('孩子喘不上气')
  })

  it('whose end came first never appears', () => {
    const state = desk()
    expect(apply(state, ended('timed_out'), NOW)).toEqual([])
    expect(apply(state, { type: 'offer.made', staff_id: ME, offer: offer() }, NOW)).toEqual([])
    expect(state.offers.byId).toEqual({})
  })

  function ended(outcome: 'withdrawn' | 'timed_out'): StaffEvent {
    return { type: 'offer.ended', staff_id: ME, offer_id: 'o1', conversation_id: 'c1', outcome }
  }
})

describe('people and queues', () => {
  it('are kept by id', () => {
    const state = desk()
    apply(state, { type: 'presence.changed', agent: agent({ state: 'break', reason: 'meal' }), why: '' }, NOW)
    apply(state, { type: 'queue.changed', queue: queue({ waiting: 3 }) }, NOW)
    expect(state.agents.byId[ME]?.reason).toBe('meal')
    expect(state.queues.byId.q1?.waiting).toBe(3)
  })

  it('who look at an opened conversation are shown', () => {
    const state = deskWithTimeline(0)
    const viewers = [{ staff_id: 'other', name: '王思远' }]
    apply(state, { type: 'viewers.changed', conversation_id: 'c1', viewers }, NOW)
    expect(state.timelines.byId.c1?.viewers).toEqual(viewers)
  })

  it('who type are shown until it runs out, myself never', () => {
    const state = desk()
    apply(state, typed('staff', ME), NOW)
    apply(state, typed('visitor', null), NOW)
    apply(state, typed('visitor', null), NOW + 1000)
    expect(state.typing.byConversation.c1).toEqual([{ who: 'visitor', staffId: null, name: '', until: NOW + 1000 + TYPING_MS }])
    apply(state, typed('staff', 'other'), NOW + 60_000)
    expect(state.typing.byConversation.c1?.map((one) => one.staffId)).toEqual(['other'])
  })

  function typed(who: 'visitor' | 'staff', staffId: string | null): StaffEvent {
    return { type: 'someone.typed', conversation_id: 'c1', who, staff_id: staffId, name: '' }
  }
})

describe('an alert', () => {
  it('is kept unread and announced once', () => {
    const state = desk()
    const raised: StaffEvent = { type: 'alert.raised', alert_id: '', stage: 'supervisor', code: 'red_flag', conversation_id: 'c1', staff_id: ME, queue_id: null, floor_queue_id: null, at: AT }
    const [effect] = apply(state, raised, NOW)
    expect(effect).toMatchObject({ do: 'announce_alert', alert: { code: 'red_flag', acknowledged: false } })
    expect(apply(state, raised, NOW)).toEqual([])
    expect(state.alerts.list).toHaveLength(1)
  })
})

describe('order', () => {
  const events: StaffEvent[] = [
    appended(1),
    appended(2, { author: 'agent', author_id: ME }),
    appended(3, { kind: 'note', internal: true, patient_seq: null }),
    changed({ version: 2, head: 1, unread: 1 }),
    changed({ version: 3, head: 2, unread: 0 }),
    changed({ version: 4, head: 3, status: 'closed', assignee_id: null, closed_at: AT }),
    { type: 'offer.made', staff_id: ME, offer: offer() },
    { type: 'offer.ended', staff_id: ME, offer_id: 'o1', conversation_id: 'c1', outcome: 'accepted' },
  ]

  it('does not matter to what stands on the screen in the end', () => {
    const wanted = endOf(events)
    for (let round = 0; round < 200; round += 1) expect(endOf(shuffled(events, round))).toEqual(wanted)
  })

  function endOf(sequence: readonly StaffEvent[]): unknown {
    const state = deskWithTimeline(0)
    for (const event of sequence) apply(state, event, NOW)
    const timeline = state.timelines.byId.c1
    return { entries: timeline?.entries, head: timeline?.head, summary: state.summaries.byId.c1, offers: state.offers.byId }
  }

  function shuffled(sequence: readonly StaffEvent[], seed: number): StaffEvent[] {
    let state = seed + 1
    const next = (): number => (state = (state * 48271) % 2147483647)
    return sequence.map((event) => ({ event, rank: next() })).sort((a, b) => a.rank - b.rank).map((one) => one.event)
  }
})
