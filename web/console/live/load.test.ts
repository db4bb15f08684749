import { describe, expect, it } from 'vitest'
import { emptyState } from '../stores/state'
import { AT, ME, agent, appended, changed, entry, offer, queue, snapshot, summary, view } from '../testing/samples'
import { apply } from './apply'
import { beginTimeline, failTimeline, loadClosed, loadEarlier, loadSnapshot, loadView } from './load'

const NOW = Date.parse(AT)

describe('a snapshot', () => {
  it('fills the lists, queues and colleagues', () => {
    const state = emptyState(ME)
    loadSnapshot(state, snapshot({ mine: [summary()], waiting: [summary({ id: 'c2', status: 'waiting', assignee_id: null })] }), 0)
    expect(Object.keys(state.summaries.byId)).toEqual(['c1', 'c2'])
    expect(state.queues.byId.q1?.open).toBe(true)
    expect(state.agents.byId[ME]?.state).toBe('ready')
  })

  it('removes what left the lists while nobody told us', () => {
    const state = emptyState(ME)
    loadSnapshot(state, snapshot({ mine: [summary()] }), 0)
    loadSnapshot(state, snapshot(), state.own.revision)
    expect(state.summaries.byId).toEqual({})
  })

  it('does not undo what events have said since it was asked for', () => {
    const state = emptyState(ME)
    const revision = state.own.revision
    apply(state, changed({ id: 'c9', version: 3 }), NOW)
    apply(state, { type: 'presence.changed', agent: agent({ state: 'busy' }), why: '' }, NOW)
    apply(state, { type: 'queue.changed', queue: queue({ waiting: 7 }) }, NOW)
    apply(state, { type: 'offer.made', staff_id: ME, offer: offer() }, NOW)
    const effects = loadSnapshot(state, snapshot(), revision)
    expect(state.summaries.byId.c9?.version).toBe(3)
    expect(state.agents.byId[ME]?.state).toBe('busy')
    expect(state.queues.byId.q1?.waiting).toBe(7)
    expect(Object.keys(state.offers.byId)).toEqual(['o1'])
    expect(effects).toEqual([])
  })

  it('keeps an opened and a closed conversation that it does not list', () => {
    const state = emptyState(ME)
    loadView(state, view({ conversation: summary({ id: 'open' }) }))
    apply(state, changed({ id: 'gone', status: 'closed', closed_at: AT }), NOW)
    loadSnapshot(state, snapshot(), state.own.revision)
    expect(Object.keys(state.summaries.byId).sort()).toEqual(['gone', 'open'])
  })

  it('announces an offer that is new and withdraws one that is over', () => {
    const state = emptyState(ME)
    apply(state, { type: 'offer.made', staff_id: ME, offer: offer({ id: 'old' }) }, NOW)
    const effects = loadSnapshot(state, snapshot({ offers: [offer({ id: 'new' })] }), state.own.revision)
    expect(effects.map((effect) => effect.do)).toEqual(['end_offer', 'announce_offer'])
    expect(Object.keys(state.offers.byId)).toEqual(['new'])
  })
})

describe('an opened conversation', () => {
  it('asks for the rest when events ran ahead of it with a gap', () => {
    const state = emptyState(ME)
    beginTimeline(state, 'c1')
    apply(state, appended(9), NOW)
    expect(loadView(state, view({ entries: [entry(1)], head: 1 }))).toEqual([{ do: 'catch_up', conversationId: 'c1' }])
  })

  it('fetched late does not take back newer entries', () => {
    const state = emptyState(ME)
    loadView(state, view({ entries: [entry(1)], head: 1 }))
    apply(state, appended(2), NOW)
    loadView(state, view({ entries: [entry(1)], head: 1, draft: 'words' }))
    expect(state.timelines.byId.c1).toMatchObject({ head: 2, draft: 'words' })
    expect(state.timelines.byId.c1?.entries).toHaveLength(2)
  })

  it('keeps earlier pages that join it', () => {
    const state = emptyState(ME)
    loadView(state, view({ entries: [entry(3)], head: 3, has_earlier: true }))
    loadEarlier(state, 'c1', { entries: [entry(1), entry(2)], has_earlier: false })
    loadView(state, view({ entries: [entry(3), entry(4)], head: 4, has_earlier: true }))
    expect(state.timelines.byId.c1?.entries.map((one) => one.seq)).toEqual([1, 2, 3, 4])
    expect(state.timelines.byId.c1?.hasEarlier).toBe(false)
  })

  it('that could not be fetched says why and may be tried again', () => {
    const state = emptyState(ME)
    beginTimeline(state, 'c1')
    failTimeline(state, 'c1', 'conversation.not_found')
    expect(state.timelines.byId.c1).toMatchObject({ phase: 'failed', failure: 'conversation.not_found' })
    expect(beginTimeline(state, 'c1').phase).toBe('loading')
  })
})

describe('pages of closed conversations', () => {
  it('follow each other without repeating one', () => {
    const state = emptyState(ME)
    const closed = (id: string) => summary({ id, status: 'closed', assignee_id: null, closed_at: AT })
    loadClosed(state, { conversations: [closed('a'), closed('b')], cursor: 'x' }, { first: true })
    loadClosed(state, { conversations: [closed('b'), closed('c')], cursor: null }, { first: false })
    expect(state.summaries.closedIds).toEqual(['a', 'b', 'c'])
  })
})
