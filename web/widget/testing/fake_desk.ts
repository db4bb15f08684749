/** A desk in memory, for unit tests: the same rules for keys, numbers and catch-up as the real one, and faults on demand. */
import type { Fetch } from '../core/api'
import { Desk, type Ports } from '../core/desk'
import type { Upload } from '../core/pictures'
import { DeviceShelf } from '../core/shelf'
import type { WebSocketLike } from '../core/socket'
import type { Body, CatchUp, PatientConversation, PatientEvent, PatientMessage, Visit, Welcome } from '../core/types'

export const NOON = '2026-11-23T04:00:00Z'

type Sent = { client_key: string; body?: { kind: string; text?: string; entry_id?: string; picture_id?: string }; text?: string }
type Answer = { status: number; body: unknown }

export class FakeDesk {
  reachable = true
  /** Requests are carried out, but their answers do not arrive. */
  swallowsAnswers = false
  socketsWork = true
  /** Answers to give instead, by path, once each. */
  readonly refusals = new Map<string, Answer>()
  /** Also what came over a line, with `LINE` for a method. */
  readonly requests: { method: string; path: string; body: unknown }[] = []
  readonly sockets: FakeLine[] = []
  readonly events: PatientEvent[] = []
  readonly heard: [string, unknown][] = []
  tokens = new Set<string>()
  visits = 0
  family: Visit['family'] = null
  conversation: PatientConversation | null = null
  private readonly byKey = new Map<string, PatientMessage>()

  readonly fetch: Fetch = async (address, { method = 'GET', body, headers }) => {
    await Promise.resolve()
    if (!this.reachable) throw new TypeError('Failed to fetch')
    const path = address.replace('/api/chat', '')
    const content: unknown = typeof body === 'string' ? JSON.parse(body) : undefined
    this.requests.push({ method, path, body: content })
    const { status, body: answer } = this.answer(method, path, content, (headers as Record<string, string>).Authorization)
    if (this.swallowsAnswers && method === 'POST') throw new TypeError('Failed to fetch')
    return new Response(status === 204 ? null : JSON.stringify(answer), { status })
  }

  readonly upload: Upload = (_address, _form, _headers, progress) => {
    progress(0.5)
    return Promise.resolve(
      this.reachable
        ? { status: 200, text: JSON.stringify({ picture_id: 'p1', width: 4, height: 3 }) }
        : { status: 0, text: '' },
    )
  }

  openLine(): WebSocketLike {
    const line = new FakeLine(this)
    this.sockets.push(line)
    return line
  }

  /** Everything a visitor wrote, as it was stored. */
  get written(): string[] {
    return this.messages.filter(({ author }) => author === 'visitor').map(({ body }) => (body.kind === 'text' ? body.text : body.kind))
  }

  get messages(): PatientMessage[] {
    return this.events.flatMap((event) => (event.type === 'message.created' ? [event.message] : []))
  }

  /** Somebody of the desk says something; `pushed` false is a push that was lost. */
  say(author: PatientMessage['author'], body: Body, { pushed = true, name = '' } = {}): PatientMessage {
    const conversation = this.opened()
    const message = this.store(conversation, author, name, body, null)
    if (pushed) this.push()
    return message
  }

  change(what: Partial<PatientConversation>): void {
    const conversation = { ...this.opened(), ...what, head: this.events.length + 1 }
    this.conversation = conversation
    this.events.push({ type: 'status.changed', conversation_id: conversation.id, seq: conversation.head, conversation })
    this.push()
  }

  /** Sends the newest event to every live socket. */
  push(): void {
    const newest = this.events[this.events.length - 1]
    for (const socket of this.sockets) if (newest) socket.event('event', newest)
  }

  breakSockets(): void {
    for (const socket of this.sockets.splice(0)) socket.break()
  }

  watch(after: number): unknown {
    return { ok: true, ...this.page(after) }
  }

  /** A message over a line of this token; undefined when its answer gets lost. */
  postByLine(sent: unknown, token: string): unknown {
    this.requests.push({ method: 'LINE', path: '/messages', body: sent })
    const { status, body } = this.answer('POST', '/messages', sent, `Bearer ${token}`)
    if (this.swallowsAnswers) return undefined
    return status === 200 ? { ok: true, ...(body as object) } : { ok: false, status, ...(body as object) }
  }

  private answer(method: string, path: string, body: unknown, authorization: string | undefined): Answer {
    const refusal = this.refusals.get(path)
    if (refusal) {
      this.refusals.delete(path)
      return refusal
    }
    if (path === '/welcome') return { status: 200, body: welcome() }
    const token = authorization?.replace('Bearer ', '')
    if (path === '/visit') return this.visit(token)
    if (token === undefined || !this.tokens.has(token)) return { status: 401, body: { code: 'visit.unknown', fields: {} } }
    if (path.includes('/events')) return { status: 200, body: this.page(Number(path.split('after=')[1])) }
    return method === 'POST' ? this.post(path, body as Sent) : { status: 404, body: { code: 'desk.not_found' } }
  }

  private visit(token: string | undefined): Answer {
    this.visits++
    const isKnown = token !== undefined && this.tokens.has(token)
    const fresh = isKnown ? null : `token-${this.visits}`
    if (fresh) this.tokens.add(fresh)
    const visit: Visit = { visitor_id: 'v1', token: fresh, family: this.family, conversation: this.conversation }
    return { status: 200, body: visit }
  }

  private post(path: string, sent: Sent): Answer {
    if (path.endsWith('/read') || path.endsWith('/feedback') || path.endsWith('/rating')) return { status: 204, body: null }
    if (path.endsWith('/end')) {
      this.change({ status: 'closed', closed_at: NOON })
      return { status: 200, body: this.conversation }
    }
    const known = this.byKey.get(sent.client_key)
    if (known) return { status: 200, body: { message: known, conversation: this.conversation } }
    const message = this.write(path, sent)
    this.byKey.set(sent.client_key, message)
    this.push()
    return { status: 200, body: { message, conversation: this.conversation } }
  }

  private write(path: string, sent: Sent): PatientMessage {
    const conversation = this.opened()
    if (path === '/person') {
      this.conversation = { ...conversation, status: 'waiting', wait: { position: 3, low_minutes: 3, high_minutes: 6 } }
      return this.store(this.conversation, 'desk', '', { kind: 'notice', code: 'queue.joined', fields: {} }, sent.client_key)
    }
    const { kind = 'text', text = sent.text ?? '', picture_id = '' } = sent.body ?? {}
    const body: Body =
      kind === 'picture' ? { kind, picture_id, width: 4, height: 3 } : { kind: 'text', text: text || 'the tapped question' }
    return this.store(conversation, 'visitor', '', body, sent.client_key)
  }

  private store(
    conversation: PatientConversation,
    author: PatientMessage['author'],
    author_name: string,
    body: Body,
    client_key: string | null,
  ): PatientMessage {
    const seq = this.events.length + 1
    const id = `m${seq}`
    const message = { id, conversation_id: conversation.id, seq, author, author_name, client_key, body, at: NOON }
    this.conversation = { ...conversation, head: seq }
    this.events.push({ type: 'message.created', conversation_id: conversation.id, seq, message })
    return message
  }

  private opened(): PatientConversation {
    this.conversation ??= newConversation('c1')
    return this.conversation
  }

  private page(after: number): CatchUp {
    const events = this.events.slice(after, after + 3)
    return { events, head: this.events.length, more: after + 3 < this.events.length, conversation: this.opened() }
  }
}

/** One WebSocket that speaks as the desk's Socket.IO does. */
export class FakeLine implements WebSocketLike {
  onmessage: WebSocketLike['onmessage'] = null
  onclose: WebSocketLike['onclose'] = null
  closed = false
  private token = ''

  constructor(private readonly desk: FakeDesk) {
    queueMicrotask(() => {
      if (desk.socketsWork && desk.reachable) this.say('0{"sid":"s","pingInterval":25000,"pingTimeout":20000}')
      else this.break()
    })
  }

  send(packet: string): void {
    if (this.closed) throw new Error('closed')
    if (packet.startsWith('40')) this.connect(JSON.parse(packet.slice(2)) as { token: string })
    const asked = /^42(\d*)(\[.*)$/.exec(packet)
    if (!asked) return
    const [name, payload] = JSON.parse(asked[2] ?? '[]') as [string, { after: number }]
    this.desk.heard.push([name, payload])
    if (name === 'post') {
      const answer = this.desk.postByLine(payload, this.token)
      if (answer !== undefined) queueMicrotask(() => this.say(`43${asked[1]}${JSON.stringify([answer])}`))
    }
    if (name === 'watch') queueMicrotask(() => this.say(`43${asked[1]}${JSON.stringify([this.desk.watch(payload.after)])}`))
  }

  close(): void {
    this.closed = true
  }

  break(): void {
    if (this.closed) return
    this.closed = true
    this.onclose?.({} as CloseEvent)
  }

  event(name: string, payload: unknown): void {
    this.say(`42${JSON.stringify([name, payload])}`)
  }

  say(data: string): void {
    if (!this.closed) this.onmessage?.({ data } as MessageEvent<string>)
  }

  private connect({ token }: { token: string }): void {
    const isKnown = this.desk.tokens.has(token)
    this.token = token
    queueMicrotask(() => this.say(isKnown ? '40{"sid":"s"}' : '44{"message":"no","data":{"code":"visit.unknown"}}'))
  }
}

export function newConversation(id: string): PatientConversation {
  return {
    id,
    number: '20261123-0001',
    status: 'bot',
    queue_name: null,
    queue_name_en: null,
    agent_name: null,
    wait: null,
    promised_at: null,
    read_by_staff_seq: 0,
    head: 0,
    created_at: NOON,
    closed_at: null,
    rated: false,
  }
}

export function welcome(): Welcome {
  return {
    hospital: '童康儿童互联网医院',
    hospital_en: 'Tongkang',
    demo: true,
    hotline: '400-000-0000',
    mail: 'service@hospital.example',
    notice: null,
    emergency_phone: '120',
    open: true,
    reason: 'in_session',
    next_change: '2026-11-23T12:00:00Z',
    next_open: null,
    server_time: NOON,
    top_questions: [{ entry_id: 'e1', question: '怎么退费？' }],
    clinics: [],
    rating_reasons: [
      { key: 'quick', good: true, zh: '回复很快', en: 'Quick' },
      { key: 'slow', good: false, zh: '等得太久', en: 'Slow' },
    ],
    message_characters: 100,
    picture_bytes: 5_000_000,
  }
}

/** A page's desk on the fake; `online` is what the browser says of its network. */
export function visitorOf(server: FakeDesk, { online = () => true, storage = localStorage, ...more }: Partial<Ports> & { storage?: Storage } = {}): Desk {
  let keys = 0
  return new Desk({
    fetch: server.fetch,
    openLine: () => server.openLine(),
    upload: server.upload,
    shelf: new DeviceShelf(() => storage),
    online,
    newKey: () => `key-${storage.length}-${++keys}-${Math.random()}`,
    language: 'zh',
    ...more,
  })
}
