import { describe, expect, it } from 'vitest'
import { AT, entry } from '../testing/samples'
import { confirmed, laneOf, missedBy, newPending, nextToSend, restored, retried, settled, withoutShown } from './pending'
import type { Pending } from './pending'

const NOW = Date.parse(AT)

function item(part: Partial<Pending> = {}): Pending {
  const made = newPending({ conversationId: 'c1', kind: 'reply', body: { kind: 'text', text: 'words' }, seenSeq: 3 }, NOW)
  return { ...made, ...part }
}

const LANE = laneOf({ conversationId: 'c1', kind: 'reply' })

describe('the queue', () => {
  it('sends the first of a lane and nothing before it is through', () => {
    const queue = [item({ clientKey: 'a', state: 'sending' }), item({ clientKey: 'b' })]
    expect(nextToSend(queue, LANE)).toBeUndefined()
  })

  it('goes on after what was sent or refused', () => {
    const queue = [item({ clientKey: 'a', state: 'sent' }), item({ clientKey: 'b', state: 'refused' }), item({ clientKey: 'c' })]
    expect(nextToSend(queue, LANE)?.clientKey).toBe('c')
  })

  it('holds everything behind a held reply, so that order stays', () => {
    const queue = [item({ clientKey: 'a', state: 'held' }), item({ clientKey: 'b' })]
    expect(nextToSend(queue, LANE)).toBeUndefined()
  })

  it('does not let a note wait for a held reply', () => {
    const queue = [item({ state: 'held' }), item({ clientKey: 'n', kind: 'note' })]
    expect(nextToSend(queue, laneOf({ conversationId: 'c1', kind: 'note' }))?.clientKey).toBe('n')
  })

  it('keeps conversations apart', () => {
    const queue = [item({ state: 'held' }), item({ clientKey: 'x', conversationId: 'c2' })]
    expect(nextToSend(queue, laneOf({ conversationId: 'c2', kind: 'reply' }))?.clientKey).toBe('x')
  })

  it('tries again what was lost, under the same key', () => {
    const lost = settled(item({ clientKey: 'a' }), { as: 'lost' })
    expect(lost).toMatchObject({ clientKey: 'a', state: 'lost' })
    expect(nextToSend([lost], LANE)?.clientKey).toBe('a')
    expect(retried(lost)).toMatchObject({ clientKey: 'a', state: 'queued' })
  })
})

describe('an answer', () => {
  it('that names a stale view holds the reply', () => {
    expect(settled(item(), { as: 'stale' }).state).toBe('held')
  })

  it('that refuses keeps the words and says why', () => {
    const refused = settled(item(), { as: 'refused', code: 'conversation.closed', fields: {} })
    expect(refused).toMatchObject({ state: 'refused', failure: 'conversation.closed', body: { text: 'words' } })
  })
})

describe('a held reply', () => {
  it('shows what the visitor wrote after what was seen', () => {
    const entries = [entry(3), entry(4), entry(5, { author: 'agent' }), entry(6)]
    expect(missedBy(item({ seenSeq: 3 }), entries).map((one) => one.seq)).toEqual([4, 6])
  })

  it('goes out confirmed, under the same key, as seen to the end', () => {
    expect(confirmed(item({ clientKey: 'a', state: 'held', seenSeq: 3 }), 6)).toMatchObject({
      clientKey: 'a',
      confirmed: true,
      seenSeq: 6,
      state: 'queued',
    })
  })
})

describe('after a reload', () => {
  it('what was on its way counts as lost, never as sent', () => {
    expect(restored(item({ state: 'sending' })).state).toBe('lost')
    expect(restored(item({ state: 'queued' })).state).toBe('lost')
    expect(restored(item({ state: 'held' })).state).toBe('held')
    expect(restored(item({ state: 'refused' })).state).toBe('refused')
  })

  it('what stands on the timeline is no longer shown as unsent', () => {
    const left = withoutShown([item({ clientKey: 'a' }), item({ clientKey: 'b' })], [entry(1, { client_key: 'a' })])
    expect(left.map((one) => one.clientKey)).toEqual(['b'])
  })
})
