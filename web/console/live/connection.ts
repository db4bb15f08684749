/** The live line: Socket.IO, a ping every five seconds, and the truth about whether anybody answers. Knows no stores. */
import { keepLine, openStaffLine } from '@shared/liveLine'
import type { Line } from '@shared/liveLine'
import type { Beat, ConversationSummary, EntryAppended, StaffEvent, Viewer } from '../api/types'

export const PING_MS = 5000
export const SILENCE_MS = 5000
const ANSWER_MS = 8000

export type Watched = {
  ok: true
  events: EntryAppended[]
  head: number
  more: boolean
  conversation: ConversationSummary
  viewers: Viewer[]
}
export type Refused = { ok: false; code: string }

export type Listener = {
  onEvent: (event: StaffEvent) => void
  onBeat: (beat: Beat) => void
  /** The line stands; what was missed is to be fetched. */
  onUp: () => void
  /** The line is gone. */
  onDown: () => void
  /** The server says no: the session or the token is not valid. */
  onRefused: (code: string) => void
  /** The server has answered a ping after so many milliseconds; `at` is its time. */
  onContact: (roundTripMs: number, at: string) => void
  /** The line stands, but nobody answers. */
  onSilence: () => void
}

export type Connection = {
  watch: (conversationId: string, after: number) => Promise<Watched | Refused>
  unwatch: (conversationId: string) => void
  typing: (conversationId: string) => void
  /** Tries again now instead of at the next turn. */
  hurry: () => void
  close: () => void
}

type MakeSocket = (csrf: string) => Line

export function connect(csrf: string, listener: Listener, makeSocket: MakeSocket = openStaffLine): Connection {
  const line = makeSocket(csrf)
  // A line on which nobody answers twice is dead.
  const end = keepLine(line, listener, { everyMs: PING_MS, silenceMs: SILENCE_MS, mostMissed: 2 })
  line.on('event', (event: StaffEvent) => { listener.onEvent(event) })
  line.on('beat', (beat: Beat) => { listener.onBeat(beat) })
  const tell = (event: string, conversationId: string): void => {
    if (line.connected) line.emit(event, { conversation_id: conversationId })
  }
  return {
    watch: (conversationId, after) => ask(line, 'watch', { conversation_id: conversationId, after }),
    unwatch: (conversationId) => { tell('unwatch', conversationId) },
    typing: (conversationId) => { tell('typing', conversationId) },
    hurry: () => { if (!line.connected) line.connect() },
    close: () => {
      end()
      line.disconnect()
    },
  }
}

/** Asks and waits; without a line the answer is `network`, never a promise that stays open. */
function ask(line: Line, event: string, payload: unknown): Promise<Watched | Refused> {
  if (!line.connected) return Promise.resolve({ ok: false, code: 'network' })
  return new Promise((resolve) => {
    line.timeout(ANSWER_MS).emit(event, payload, (failure: Error | null, answer?: Watched | Refused) => {
      resolve(failure || !answer ? { ok: false, code: 'network' } : answer)
    })
  })
}
