import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { deskState, useOwn, useTimelines } from '../stores'
import { usePending } from '../stores/pending'
import { useSync } from '../stores/sync'
import { ME, entry, summary, view } from '../testing/samples'
import { loadView } from './load'
import { send, sendAnyway, sendPending, takeBack } from './sending'

type Call = { path: string; body: Record<string, unknown> }
type Answer = () => Promise<Response>

let calls: Call[] = []
let answers: Answer[] = []

const json = (status: number, body: unknown): Answer => () => Promise.resolve(Response.json(body, { status }))
const noLine: Answer = () => Promise.reject(new TypeError('no line'))

/** The server's own answer to a reply: the entry under the caller's key. */
function stored(seq: number): Answer {
  return () => {
    const key = String(calls.at(-1)?.body.client_key)
    const made = entry(seq, { author: 'agent', author_id: ME, client_key: key })
    return Promise.resolve(Response.json({ entry: made, conversation: summary({ version: 10 + seq, head: seq }) }))
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
const reply = (text: string) => send({ conversationId: 'c1', kind: 'reply', body: { kind: 'text', text }, seenSeq: 1 })

beforeEach(() => {
  localStorage.clear()
  setActivePinia(createPinia())
  useOwn().staffId = ME
  useSync().phase = 'in_sync'
  loadView(deskState(), view({ entries: [entry(1)], head: 1 }))
  calls = []
  answers = []
  vi.stubGlobal('fetch', (path: string, about: RequestInit = {}) => {
    calls.push({ path, body: JSON.parse(typeof about.body === 'string' ? about.body : '{}') as Call['body'] })
    return (answers.shift() ?? noLine)()
  })
})

describe('a reply', () => {
  it('appears on the timeline by the answer alone and leaves nothing behind', async () => {
    answers = [stored(2)]
    reply('hello')
    await settle()
    expect(useTimelines().of('c1')?.entries.map((one) => one.seq)).toEqual([1, 2])
    expect(usePending().queue).toEqual([])
    expect(Object.keys(localStorage)).toEqual([])
  })

  it('is kept in the browser while nobody has it', async () => {
    answers = [noLine]
    reply('hello')
    await settle()
    expect(usePending().queue).toMatchObject([{ state: 'lost', body: { text: 'hello' } }])
    setActivePinia(createPinia())
    useOwn().staffId = ME
    usePending().restore()
    expect(usePending().queue).toMatchObject([{ state: 'lost', body: { text: 'hello' } }])
  })

  it('goes out again under the same key when the line is back', async () => {
    answers = [noLine, stored(2)]
    reply('hello')
    await settle()
    await sendPending()
    expect(calls).toHaveLength(2)
    expect(calls[0]?.body.client_key).toBe(calls[1]?.body.client_key)
    expect(usePending().queue).toEqual([])
  })

  it('waits behind the one before it', async () => {
    answers = [noLine, stored(2), stored(3)]
    reply('first')
    reply('second')
    await settle()
    expect(calls).toHaveLength(1)
    await sendPending()
    expect(calls.map((call) => (call.body.body as { text: string }).text)).toEqual(['first', 'first', 'second'])
  })

  it('that is refused stays with its reason and lets the next one pass', async () => {
    answers = [json(409, { code: 'conversation.not_yours', fields: {}, request_id: 'r' }), stored(2)]
    reply('first')
    reply('second')
    await settle()
    expect(usePending().queue).toMatchObject([{ state: 'refused', failure: 'conversation.not_yours' }])
  })

  it('is held when the visitor has written, and what was written is fetched', async () => {
    answers = [
      json(409, { code: 'conversation.stale_view', fields: { head: 2 }, request_id: 'r' }),
      json(200, {
        events: [{ type: 'entry.appended', conversation_id: 'c1', seq: 2, entry: entry(2) }],
        head: 2,
        more: false,
        conversation: summary({ version: 5 }),
      }),
    ]
    reply('hello')
    await settle()
    expect(usePending().queue).toMatchObject([{ state: 'held' }])
    expect(useTimelines().of('c1')?.head).toBe(2)
    answers = [stored(3)]
    const [held] = usePending().queue
    if (held) sendAnyway(held)
    await settle()
    expect(calls.at(-1)?.body).toMatchObject({ confirmed: true, seen_seq: 2 })
    expect(usePending().queue).toEqual([])
  })

  it('that is taken back is forgotten', async () => {
    answers = [json(409, { code: 'conversation.stale_view', fields: {}, request_id: 'r' })]
    reply('hello')
    await settle()
    const [held] = usePending().queue
    if (held) takeBack(held)
    expect(usePending().queue).toEqual([])
    expect(Object.keys(localStorage)).toEqual([])
  })

  it('whose session has ended waits for the next one', async () => {
    answers = [json(401, { code: 'auth.sign_in_needed', fields: {}, request_id: 'r' })]
    reply('hello')
    await settle()
    expect(usePending().queue).toMatchObject([{ state: 'lost' }])
  })
})

describe('a note', () => {
  it('goes to the notes and nowhere else', async () => {
    answers = [stored(2)]
    send({ conversationId: 'c1', kind: 'note', body: { kind: 'text', text: 'inside' }, seenSeq: 1 })
    await settle()
    expect(calls).toMatchObject([{ path: '/api/console/conversations/c1/notes', body: { text: 'inside' } }])
  })
})
