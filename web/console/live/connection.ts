/** The live line: Socket.IO, a ping every five seconds, and the truth about whether anybody answers. Knows no stores. */
import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import type { Beat, ConversationSummary, EntryAppended, StaffEvent, Viewer } from '../api/types'

export const PING_MS = 5000
export const SILENCE_MS = 5000
const ANSWER_MS = 8000
const REFUSED_AGAIN_MS = 5000

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

type MakeSocket = (csrf: string) => Pick<Socket, 'on' | 'emit' | 'timeout' | 'connect' | 'disconnect' | 'connected' | 'io'>

export function connect(csrf: string, listener: Listener, makeSocket: MakeSocket = openSocket): Connection {
  const socket = makeSocket(csrf)
  let unanswered = 0
  let again: ReturnType<typeof setTimeout> | undefined

  socket.on('connect', () => {
    unanswered = 0
    listener.onUp()
    ping()
  })
  socket.on('disconnect', (reason: string) => {
    listener.onDown()
    // A line that the server has closed is not opened again by itself.
    if (reason === 'io server disconnect') socket.connect()
  })
  socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    const code = error.data?.code
    if (!code) { listener.onDown(); return }
    listener.onRefused(code)
    // After a refusal nothing is tried again by itself. Without a session it would be in vain.
    if (!code.startsWith('auth.')) again = setTimeout(() => socket.connect(), REFUSED_AGAIN_MS)
  })
  socket.on('event', (event: StaffEvent) => { listener.onEvent(event) })
  socket.on('beat', (beat: Beat) => { listener.onBeat(beat) })

  function ping(): void {
    if (!socket.connected) return
    const sent = Date.now()
    socket.timeout(SILENCE_MS).emit('ping_desk', {}, (failure: Error | null, answer?: { at: string }) => {
      if (!failure && answer) {
        unanswered = 0
        listener.onContact(Date.now() - sent, answer.at)
      } else if (socket.connected) {
        unanswered += 1
        listener.onSilence()
        // A line on which nobody answers twice is dead, even if the network has not noticed.
        if (unanswered >= 2) socket.io.engine.close()
      }
    })
  }
  const pinging = setInterval(ping, PING_MS)

  return {
    watch: (conversationId, after) => ask(socket, 'watch', { conversation_id: conversationId, after }),
    unwatch: (conversationId) => { if (socket.connected) socket.emit('unwatch', { conversation_id: conversationId }) },
    typing: (conversationId) => { if (socket.connected) socket.emit('typing', { conversation_id: conversationId }) },
    hurry: () => { if (!socket.connected) socket.connect() },
    close: () => {
      clearInterval(pinging)
      clearTimeout(again)
      socket.disconnect()
    },
  }
}

function openSocket(csrf: string): Socket {
  return io({
    transports: ['websocket', 'polling'],
    auth: { kind: 'staff', csrf },
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    timeout: 8000,
  })
}

/** Asks and waits; without a line the answer is `network`, never a promise that stays open. */
function ask(socket: ReturnType<MakeSocket>, event: string, payload: unknown): Promise<Watched | Refused> {
  if (!socket.connected) return Promise.resolve({ ok: false, code: 'network' })
  return new Promise((resolve) => {
    socket.timeout(ANSWER_MS).emit(event, payload, (failure: Error | null, answer?: Watched | Refused) => {
      resolve(failure || !answer ? { ok: false, code: 'network' } : answer)
    })
  })
}
