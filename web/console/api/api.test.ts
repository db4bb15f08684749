/** Every address that the console asks is one that the server has, by the same method. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import document from '../../contract/openapi.json'
import * as client from './client'
import * as desk from './index'
import * as panels from './panels'

type Operation = { requestBody?: unknown }
const paths = document.paths as unknown as Record<string, Record<string, Operation>>

let asked: { method: string; path: string }[] = []
let answers: Response[] = []

beforeEach(() => {
  asked = []
  answers = []
  vi.stubGlobal('fetch', (path: string, about: RequestInit) => {
    asked.push({ method: (about.method ?? 'GET').toLowerCase(), path: path.split('?')[0] ?? '' })
    return Promise.resolve(answers.shift() ?? Response.json({}))
  })
})

/** Finds the address in the contract, whatever stands in the place of its variables. */
function known({ method, path }: { method: string; path: string }): boolean {
  return Object.entries(paths).some(([template, operations]) => {
    const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`)
    return pattern.test(path) && method in operations
  })
}

const signal = new AbortController().signal
const nowhere = { text: '', person: '', number: '', since: '', until: '' }

describe('the address of', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['sign-in', () => desk.signIn('a', 'b')],
    ['sign-out', () => desk.signOut()],
    ['who am I', () => desk.whoAmI()],
    ['the snapshot', () => desk.fetchSnapshot()],
    ['closed conversations', () => desk.fetchClosed('cursor')],
    ['one’s own state', () => desk.setPresence({ state: 'ready', reason: '' })],
    ['accepting', () => desk.acceptOffer('o1')],
    ['declining', () => desk.declineOffer('o1')],
    ['a conversation', () => desk.fetchConversation('c1')],
    ['earlier entries', () => desk.fetchEarlier('c1', 5)],
    ['missing events', () => desk.fetchEvents('c1', 5)],
    ['canned replies', () => desk.fetchCanned('c1')],
    ['replying', () => desk.postReply('c1', { client_key: 'k', body: { kind: 'text', text: 't' }, seen_seq: 1, confirmed: false, in_spite: null, changed_after: [] })],
    ['a note', () => desk.postNote('c1', { client_key: 'k', text: 't' })],
    ['having seen', () => desk.markSeen('c1', 3)],
    ['a draft', () => desk.putDraft('c1', 't')],
    ['a picture’s upload', () => desk.uploadPicture(new Blob(['x']))],
    ['a picture', () => fetch(desk.pictureAddress('p1'), {})],
    ['a reveal', () => panels.revealValue('g1', { field: 'phone', subject_id: '', reason: 'call back' })],
    ['knowledge', () => panels.searchKnowledge('q', signal)],
    ['records', () => panels.searchRecords(nowhere, null, signal)],
    ['decisions', () => panels.fetchDecisions('c1')],
    ['a transfer', () => panels.transferConversation('c1', { target_kind: 'queue', target_id: 'q1', reason: 'r', note: '' })],
    ['closing', () => panels.closeConversation('c1', { category: 'c', outcome: 'o', note: '' })],
    ['a new password', () => panels.changePassword('a', 'b')],
  ])('%s is in the contract', async (_, ask) => {
    await ask()
    expect(asked.filter((one) => !known(one))).toEqual([])
    expect(asked).toHaveLength(1)
  })
})

describe('a failure', () => {
  it('carries the code, the fields and the name of the request', async () => {
    answers = [Response.json({ code: 'rate.limited', fields: { retry_after: 7 }, request_id: 'r1' }, { status: 429 })]
    await expect(desk.fetchSnapshot()).rejects.toMatchObject({ code: 'rate.limited', status: 429, fields: { retry_after: 7 }, requestId: 'r1' })
  })

  it('without a sensible body is named by its status', async () => {
    answers = [new Response('<html>', { status: 502 })]
    await expect(desk.fetchSnapshot()).rejects.toMatchObject({ code: 'http.502', mayHaveBeenLost: true })
  })

  it('of the network may be tried again', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')))
    await expect(desk.fetchSnapshot()).rejects.toMatchObject({ code: 'network', mayHaveBeenLost: true })
  })

  it('with 401 ends the session, but not at the door', async () => {
    let ended = 0
    client.whenSignedOut(() => { ended += 1 })
    const no = () => Response.json({ code: 'auth.sign_in_needed', fields: {}, request_id: 'r' }, { status: 401 })
    answers = [no(), no()]
    await expect(desk.signIn('a', 'wrong')).rejects.toThrow()
    expect(ended).toBe(0)
    await expect(desk.fetchSnapshot()).rejects.toThrow()
    expect(ended).toBe(1)
  })

  it('for a stale token is tried once more with the new one', async () => {
    const stale = () => Response.json({ code: 'auth.csrf', fields: {}, request_id: 'r' }, { status: 403 })
    client.whenTokenIsStale(() => Promise.resolve(true))
    answers = [stale(), Response.json({ ok: true })]
    await expect(desk.postNote('c1', { client_key: 'k', text: 't' })).resolves.toEqual({ ok: true })
    answers = [stale(), stale()]
    await expect(desk.postNote('c1', { client_key: 'k', text: 't' })).rejects.toMatchObject({ code: 'auth.csrf' })
    expect(asked).toHaveLength(4)
  })
})
