/** How far the visitor has read, what is unread, and when the agent is told. */
import type { Api } from './api'
import type { Shelf } from './shelf'
import type { State } from './state'

type Mark = { conversation_id: string; seq: number }

const TELL_PAUSE_MS = 800

export class Seen {
  private telling: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly api: Api,
    private readonly state: State,
    private readonly shelf: Shelf,
  ) {}

  /** Counts again what others have said since the visitor last looked. */
  count(): void {
    const { conversation, messages } = this.state
    const mark = this.mark()
    this.state.unread = messages.filter(
      (message) =>
        message.conversation_id === conversation?.id && message.author !== 'visitor' && message.seq > mark,
    ).length
  }

  /** Everything is read. Tells whether that is news. */
  markAll(): boolean {
    const { conversation, messages } = this.state
    const newest = messages[messages.length - 1]
    if (!conversation || newest?.conversation_id !== conversation.id || newest.seq <= this.mark()) return false
    this.shelf.write('seen', { conversation_id: conversation.id, seq: newest.seq } satisfies Mark)
    if (conversation.status === 'active') this.tell(conversation.id, newest.seq)
    this.state.unread = 0
    return true
  }

  private mark(): number {
    const mark = this.shelf.read<Mark>('seen')
    return mark?.conversation_id === this.state.conversation?.id ? (mark?.seq ?? 0) : 0
  }

  /** Several messages in a row are one note; a lost note is followed by the next. */
  private tell(conversationId: string, seq: number): void {
    clearTimeout(this.telling)
    this.telling = setTimeout(() => {
      this.api.post(`/conversations/${conversationId}/read`, { up_to: seq }).catch(() => undefined)
    }, TELL_PAUSE_MS)
  }
}
