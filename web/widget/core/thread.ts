/** The open conversation: its events pass one gate in the order of their numbers, whichever way they arrive. */
import type { Api } from './api'
import type { State } from './state'
import type { CatchUp, PatientConversation, PatientEvent, PatientMessage, Posted, StoredEvent } from './types'

const TYPING_MS = 6000

export type ThreadListener = {
  changed(): void
  arrived(message: PatientMessage): void
}

export class Thread {
  /** Number of the last event that was applied. */
  last = 0
  private catching: Promise<void> | null = null
  private typing: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly api: Api,
    private readonly state: State,
    private readonly listener: ThreadListener,
  ) {}

  /** Makes this the open conversation; what is on the screen stays above it. Tells whether it is another one. */
  open(conversation: PatientConversation): boolean {
    if (this.state.conversation?.id === conversation.id) {
      this.learn(conversation)
      return false
    }
    this.last = 0
    this.state.conversation = conversation
    this.listener.changed()
    return true
  }

  hear(event: PatientEvent): void {
    if (event.conversation_id !== this.state.conversation?.id) return
    if (event.type === 'agent.typed') this.showTyping(event.name)
    else if (event.type === 'place.changed') this.learn(event.conversation)
    else this.pass(event)
  }

  /** The answer to an own message: it is an event like any other and takes its turn. */
  async took({ message, conversation }: Posted): Promise<void> {
    this.hear({ type: 'message.created', conversation_id: conversation.id, seq: message.seq, message })
    this.learn(conversation)
    if (conversation.head > this.last) await this.catchUp()
  }

  absorb({ events, conversation }: Pick<CatchUp, 'events' | 'conversation'>): void {
    for (const event of events) this.hear(event)
    this.learn(conversation)
  }

  /** Fetches what is missing. Callers share one fetch. */
  catchUp(): Promise<void> {
    this.catching ??= this.fetchPages().finally(() => (this.catching = null))
    return this.catching
  }

  private async fetchPages(): Promise<void> {
    for (let more = true; more; ) {
      const { conversation } = this.state
      if (conversation === null) return
      const page = await this.api.get<CatchUp>(`/conversations/${conversation.id}/events?after=${this.last}`)
      const before = this.last
      this.absorb(page)
      more = page.more && this.last > before
    }
  }

  private pass(event: StoredEvent): void {
    if (event.seq <= this.last) return
    if (event.seq > this.last + 1) {
      // What is missing includes this one. A failed fetch is repeated by the link.
      this.catchUp().catch(() => undefined)
      return
    }
    this.last = event.seq
    if (event.type === 'message.created') this.append(event.message)
    else this.learn(event.conversation)
  }

  private append(message: PatientMessage): void {
    this.state.messages.push(message)
    if (message.author !== 'visitor') this.state.botThinking = false
    if (message.author === 'agent') this.showTyping('')
    this.listener.arrived(message)
    this.listener.changed()
  }

  /** Takes over a conversation's state unless a newer one is known. */
  private learn(conversation: PatientConversation): void {
    const known = this.state.conversation
    if (known?.id !== conversation.id || conversation.head < known.head) return
    this.state.conversation = { ...conversation, rated: conversation.rated || known.rated }
    if (conversation.status !== 'bot') this.state.botThinking = false
    this.listener.changed()
  }

  private showTyping(name: string): void {
    clearTimeout(this.typing)
    this.state.agentTyping = name
    if (name !== '') this.typing = setTimeout(() => this.showTyping(''), TYPING_MS)
    this.listener.changed()
  }
}
