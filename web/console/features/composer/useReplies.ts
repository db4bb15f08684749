/** Sending from one conversation. Without a line nothing is taken out of the composer. */
import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { DraftKind, ReplyBody } from '../../api/types'
import { send } from '../../live/sending'
import { useSync } from '../../stores/sync'

export type Replies = {
  /** No line: what is written stays where it is. */
  blocked: ComputedRef<boolean>
  /** `changedAfter`: what an earlier wording was held for. */
  sendReply: (body: ReplyBody, changedAfter?: readonly DraftKind[]) => void
  sendNote: (text: string) => void
}

export function useReplies(about: { conversationId: string; seen: () => number }): Replies {
  const sync = useSync()
  const { conversationId } = about
  return {
    blocked: computed(() => !sync.isLive),
    sendReply: (body, changedAfter = []) => send({ conversationId, kind: 'reply', body, seenSeq: about.seen(), changedAfter }),
    sendNote: (text) => send({ conversationId, kind: 'note', body: { kind: 'text', text }, seenSeq: about.seen() }),
  }
}
