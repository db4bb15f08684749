/** The parent's desk without a screen: what a visitor can do, and the state that follows from it. */
import { Api, DeskError, type Fetch } from './api'
import { Link } from './link'
import { Lobby } from './lobby'
import { Outbox } from './outbox'
import { type Upload, uploadPicture } from './pictures'
import { Seen } from './seen'
import { Session } from './session'
import type { Shelf } from './shelf'
import type { Socket, WebSocketLike } from './socket'
import { firstState, type Outgoing, type State } from './state'
import { Thread } from './thread'
import type {
  Beat,
  CatchUp,
  History,
  Language,
  PatientConversation,
  PatientEvent,
  PatientMessage,
  Posted,
  Rating,
  Transcript,
  Visit,
} from './types'

const TYPING_PAUSE_MS = 3000
const THINKING_MS = 10_000
/** Characters; the desk closes a line that carries much more. */
const LONGEST_BY_LINE = 4000

export type Ports = {
  fetch: Fetch
  openLine(): WebSocketLike
  upload: Upload
  shelf: Shelf
  online(): boolean
  newKey(): string
  language: Language
}

type PostAnswer = ({ ok: true } & Posted) | { ok: false; code: string; status: number; fields?: Record<string, unknown> }
type WatchAnswer = ({ ok: true } & CatchUp) | { ok: false; code: string }

export class Desk {
  readonly state: State
  onChange: () => void = () => undefined

  private readonly api: Api
  private readonly session: Session
  private readonly lobby: Lobby
  private readonly outbox: Outbox
  private readonly thread: Thread
  private readonly link: Link
  private readonly seenMarks: Seen
  private typedAt = 0
  private thinking: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly ports: Ports) {
    const { shelf } = ports
    const changed = () => this.onChange()
    this.state = firstState(shelf.read('language') ?? ports.language, shelf.read('large') ?? false, shelf.lasting)
    this.state.helpful = shelf.read('helpful') ?? {}
    this.state.contact = shelf.read('contact')
    this.api = new Api(ports.fetch, () => this.session.token)
    this.session = new Session(this.api, {
      shelf,
      language: () => this.state.language,
      received: (visit, isSomeoneElse) => this.received(visit, isSomeoneElse),
    })
    this.lobby = new Lobby(this.api, this.state, changed, (contact) => shelf.write('contact', contact))
    this.thread = new Thread(this.api, this.state, { changed, arrived: (message) => this.arrived(message) })
    this.outbox = new Outbox(shelf, (item) => this.deliver(item), (trouble) => this.outboxChanged(trouble))
    this.state.outgoing = this.outbox.items
    this.seenMarks = new Seen(this.api, this.state, shelf)
    this.link = new Link(this.linkPorts())
  }

  /** Shows the first screen; a visitor who has been here before is received again. */
  async start(identity: string | null): Promise<void> {
    this.session.vouch(identity)
    await Promise.all([this.lobby.refresh(), this.session.isKnown ? this.tryVisit() : undefined])
    void this.outbox.flush()
  }

  /** The embedding site vouches for the family, at the start or when somebody signs in there later. */
  async identify(identity: string): Promise<void> {
    if (this.session.vouch(identity)) await this.tryVisit()
  }

  isOffline(): boolean {
    return !this.ports.online()
  }

  now(): Date {
    return this.lobby.now()
  }

  say(text: string): void {
    this.send({ kind: 'text', text })
  }

  choose(entryId: string, question: string): void {
    this.send({ kind: 'choice', text: question, entry_id: entryId })
  }

  /** Asking twice changes nothing. */
  askPerson(): void {
    const status = this.state.conversation?.status
    if (status === 'waiting' || status === 'active' || status === 'message') return
    if (this.state.outgoing.some((item) => item.kind === 'person' && item.state !== 'failed')) return
    this.send({ kind: 'person', text: '' })
  }

  leaveMessage(text: string, phone: string): void {
    const { conversation } = this.state
    if (conversation) this.send({ kind: 'letter', text, phone, conversation_id: conversation.id })
  }

  async sendPicture(picture: Blob, width: number, height: number): Promise<void> {
    const key = this.ports.newKey()
    await this.ports.shelf.keepPicture(key, picture)
    this.send({ kind: 'picture', text: '', width, height }, key)
  }

  retry(key: string): void {
    this.outbox.retry(key)
  }

  discard(key: string): void {
    this.outbox.settle(key)
  }

  /** Called with every keystroke; tells the agent once in a while. */
  typing(): void {
    const { conversation } = this.state
    const now = Date.now()
    if (conversation?.status !== 'active' || now - this.typedAt < TYPING_PAUSE_MS) return
    this.typedAt = now
    this.link.tell('typing', { conversation_id: conversation.id })
  }

  /** The visitor has the newest message before their eyes. */
  seen(): void {
    if (this.seenMarks.markAll()) this.changed()
  }

  async end(): Promise<void> {
    const { conversation } = this.state
    if (!conversation) return
    this.thread.open(await this.api.post<PatientConversation>(`/conversations/${conversation.id}/end`))
    await this.thread.catchUp()
  }

  async rate(conversationId: string, rating: Rating): Promise<void> {
    await this.api.post(`/conversations/${conversationId}/rating`, rating)
    const { conversation } = this.state
    if (conversation?.id === conversationId) conversation.rated = true
    this.changed()
  }

  async judge(messageId: string, helpful: boolean): Promise<void> {
    await this.api.post(`/answers/${messageId}/feedback`, { helpful })
    this.state.helpful[messageId] = helpful
    this.ports.shelf.write('helpful', Object.fromEntries(Object.entries(this.state.helpful).slice(-50)))
    this.changed()
  }

  async history(): Promise<PatientConversation[]> {
    if (!this.session.isKnown) return []
    if (!this.session.visited) await this.session.open()
    return (await this.api.get<History>('/conversations')).conversations
  }

  transcript(conversationId: string): Promise<Transcript> {
    return this.api.get(`/conversations/${conversationId}`)
  }

  picture(pictureId: string): Promise<Blob> {
    return this.api.bytes(`/pictures/${pictureId}`)
  }

  pendingPicture(key: string): Promise<Blob | null> {
    return this.ports.shelf.findPicture(key)
  }

  setLanguage(language: Language): void {
    this.state.language = language
    this.ports.shelf.write('language', language)
    this.changed()
    if (this.session.visited) void this.tryVisit()
  }

  setLarge(large: boolean): void {
    this.state.large = large
    this.ports.shelf.write('large', large)
    this.changed()
  }

  draft(): string {
    return this.ports.shelf.read('draft') ?? ''
  }

  keepDraft(text: string): void {
    if (text === '') this.ports.shelf.remove('draft')
    else this.ports.shelf.write('draft', text)
  }

  /** The tab is looked at again, or the network is back. */
  wake(): void {
    this.link.wake()
    void this.outbox.flush()
    if (this.state.failed) void this.lobby.refresh()
  }

  networkLost(): void {
    this.link.lost()
    this.changed()
  }

  /** Leaves no trace on a phone that several people use. */
  forget(): void {
    this.session.forget()
    this.link.stop()
    this.clear()
    this.changed()
  }

  /** What one family wrote is not for the next one on the same phone. */
  private clear(): void {
    for (const { key } of [...this.outbox.items]) this.outbox.settle(key)
    for (const name of ['draft', 'seen', 'helpful', 'contact']) this.ports.shelf.remove(name)
    const sitting = this.state.sitting + 1
    Object.assign(this.state, { conversation: null, messages: [], family: null, unread: 0, helpful: {}, sitting })
  }

  private send(what: Pick<Outgoing, 'kind' | 'text'> & Partial<Outgoing>, key = this.ports.newKey()): void {
    this.outbox.add({ ...what, key, at: this.now().toISOString(), state: 'waiting' })
  }

  private async tryVisit(): Promise<void> {
    try {
      await this.session.open()
    } catch {
      // The link opens it later, or the next message does; until then the first screen works without.
      this.link.start()
    }
  }

  private received({ family, conversation, token }: Visit, isSomeoneElse: boolean): void {
    if (isSomeoneElse) this.clear()
    this.state.family = family
    if (conversation !== null) this.thread.open(conversation)
    else if (token !== null) this.state.conversation = null
    this.changed()
    this.link.start()
    this.link.wake()
  }

  /** The desk does not know this visitor any more: what is written next begins anew. */
  private receiveAgain(): void {
    this.session.forget()
    void this.tryVisit()
  }

  private async deliver(item: Outgoing): Promise<void> {
    if (this.session.token === null) await this.session.open()
    try {
      await this.post(item)
    } catch (fault) {
      if (!(fault instanceof DeskError) || fault.status !== 401) throw fault
      this.session.forget()
      await this.session.open()
      await this.post(item)
    }
  }

  private async post(item: Outgoing): Promise<void> {
    if (item.kind === 'picture' && item.picture_id === undefined) await this.uploadPictureOf(item)
    const posted = (await this.postByLine(item)) ?? (await this.api.post<Posted>(pathOf(item), bodyOf(item)))
    this.think(posted)
    const isOther = this.thread.open(posted.conversation)
    // A failed fetch of what lies between is repeated by the link; the message itself has arrived.
    await this.thread.took(posted).catch(() => undefined)
    if (isOther) this.link.wake()
  }

  /** While the line stands a message goes over it, which costs the desk least; null when it does not. */
  private async postByLine(item: Outgoing): Promise<Posted | null> {
    if (pathOf(item) !== '/messages' || item.text.length > LONGEST_BY_LINE) return null
    const answer = await this.link.ask<PostAnswer>('post', bodyOf(item))?.catch(() => {
      throw new DeskError(0, 'network')
    })
    if (!answer) return null
    if (answer.ok) return answer
    throw new DeskError(answer.status, answer.code, answer.fields, Number(answer.fields?.retry_after) || 0)
  }

  private async uploadPictureOf(item: Outgoing): Promise<void> {
    const picture = await this.ports.shelf.findPicture(item.key)
    if (picture === null) throw new DeskError(410, 'picture.gone')
    const uploaded = await uploadPicture(this.ports.upload, picture, this.api.headers(), (share) => {
      item.progress = share
      this.changed()
    })
    Object.assign(item, uploaded)
  }

  private think({ message, conversation }: Posted): void {
    clearTimeout(this.thinking)
    this.state.botThinking = conversation.status === 'bot' && message.body.kind === 'text'
    if (this.state.botThinking) {
      this.thinking = setTimeout(() => {
        this.state.botThinking = false
        this.changed()
      }, THINKING_MS)
    }
  }

  private linkPorts(): ConstructorParameters<typeof Link>[0] {
    return {
      open: this.ports.openLine,
      auth: () => ({ kind: 'visitor', token: this.session.token }),
      online: this.ports.online,
      resume: (socket) => this.resume(socket),
      catchUp: () => (this.session.visited && this.state.conversation ? this.thread.catchUp() : this.session.open()),
      heard: (name, payload) => this.heard(name, payload),
      refused: () => this.receiveAgain(),
      changed: (link) => {
        this.state.link = link
        // Not with every look at the line: a line that stands while requests fail would send without a pause.
        if (link === 'live') void this.outbox.flush()
        this.changed()
      },
    }
  }

  /** Enters the room first, then takes what is missing; what waits is sent after that. */
  private async resume(socket: Socket): Promise<void> {
    const { conversation } = this.state
    if (conversation) {
      const answer = await socket.ask<WatchAnswer>('watch', { conversation_id: conversation.id, after: this.thread.last })
      if (answer.ok) this.thread.absorb(answer)
      if (!answer.ok || answer.more) await this.thread.catchUp()
    }
  }

  private heard(name: string, payload: unknown): void {
    if (name === 'event') this.thread.hear(payload as PatientEvent)
    if (name === 'beat') this.beat(payload as Beat)
  }

  /** The desk tells its time and the head of the open conversation: a lost push is noticed here. */
  private beat({ at, heads, stalled, notice }: Beat): void {
    this.lobby.learnTime(at, stalled, notice)
    for (const [id, head] of Object.entries(heads ?? {})) {
      if (id !== this.state.conversation?.id) void this.tryVisit()
      else if (head > this.thread.last) this.thread.catchUp().catch(() => undefined)
    }
  }

  private arrived(message: PatientMessage): void {
    if (message.client_key !== null) this.outbox.settle(message.client_key)
    this.seenMarks.count()
  }

  private outboxChanged(trouble?: DeskError): void {
    // A send that got no answer is the first sign that the line is gone.
    if (trouble?.status === 0) {
      this.link.start()
      this.link.wake()
    }
    this.changed()
  }

  private changed(): void {
    this.onChange()
  }
}

function pathOf(item: Outgoing): string {
  if (item.kind === 'person') return '/person'
  return item.kind === 'letter' ? `/conversations/${item.conversation_id}/message` : '/messages'
}

function bodyOf({ key, kind, text, phone, entry_id, picture_id }: Outgoing): unknown {
  const client_key = key
  switch (kind) {
    case 'person':
      return { client_key }
    case 'letter':
      return { client_key, text, phone }
    case 'text':
      return { client_key, body: { kind, text } }
    case 'choice':
      return { client_key, body: { kind, entry_id } }
    case 'picture':
      return { client_key, body: { kind, picture_id } }
  }
}
