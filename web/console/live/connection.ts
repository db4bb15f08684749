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

type Line = Pick<Socket, 'on' | 'emit' | 'timeout' | 'connect' | 'disconnect' | 'connected' | 'io'>
type MakeSocket = (csrf: string) => Line
/** Ends what was begun. */
type End = () => void

export function connect(csrf: string, listener: Listener, makeSocket: MakeSocket = openSocket): Connection {
  const line = makeSocket(csrf)
  const ends = [followState(line, listener), keepPinging(line, listener)]
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
      for (const end of ends) end()
      line.disconnect()
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

/** Tells when the line comes and goes, and opens it again where Socket.IO would not. */
function followState(line: Line, listener: Listener): End {
  let again: ReturnType<typeof setTimeout> | undefined
  line.on('connect', () => { listener.onUp() })
  line.on('disconnect', (reason: string) => {
    listener.onDown()
    // A line that the server has closed is not opened again by itself.
    if (reason === 'io server disconnect') line.connect()
  })
  line.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    const code = error.data?.code
    if (!code) { listener.onDown(); return }
    listener.onRefused(code)
    // Nor after a refusal; without a session it would be in vain.
    if (!code.startsWith('auth.')) again = setTimeout(() => line.connect(), REFUSED_AGAIN_MS)
  })
  return () => { clearTimeout(again) }
}

/** Asks every five seconds whether the server is there. */
function keepPinging(line: Line, listener: Listener): End {
  let unanswered = 0

  function ping(): void {
    if (!line.connected) return
    const sent = Date.now()
    line.timeout(SILENCE_MS).emit('ping_desk', {}, (failure: Error | null, answer?: { at: string }) => {
      if (failure || !answer) { missed(); return }
      unanswered = 0
      listener.onContact(Date.now() - sent, answer.at)
    })
  }

  function missed(): void {
    if (!line.connected) return
    unanswered += 1
    listener.onSilence()
    // A line on which nobody answers twice is dead, even if the network has not noticed.
    if (unanswered >= 2) line.io.engine.close()
  }

  line.on('connect', () => {
    unanswered = 0
    ping()
  })
  const timer = setInterval(ping, PING_MS)
  return () => { clearInterval(timer) }
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
