/** The doctor's live line: news of one's own requests as they happen, and the truth about whether anybody answers. */
import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import type { Schemas } from '@contract'
import type { AssistRequest } from './requests'

export const PING_MS = 10_000
export const SILENCE_MS = 5_000
/** A page that nobody has looked at for so long counts as closed, and is told by push. */
export const HIDDEN_MS = 20_000
const REFUSED_AGAIN_MS = 5_000

type ServerEvent = Schemas['ServerEvents']['event']
type Line = Pick<Socket, 'on' | 'timeout' | 'connect' | 'disconnect' | 'connected' | 'io'>
type MakeSocket = (csrf: string) => Line

export type Listener = {
  onRequest: (request: AssistRequest) => void
  /** The line stands and somebody answers; what was missed is to be fetched. */
  onUp: () => void
  /** The line is gone, or nobody answers on it. */
  onDown: () => void
}

export type Connection = {
  /** Tries again now instead of at the next turn. */
  hurry: () => void
  close: () => void
}

export function connect(csrf: string, listener: Listener, makeSocket: MakeSocket = openSocket): Connection {
  const line = makeSocket(csrf)
  const ends = [followState(line, listener), keepPinging(line, listener), hangUpWhenHidden(line)]
  line.on('event', (event: ServerEvent) => {
    if (event.type === 'assist.changed') listener.onRequest(event.request)
  })
  return {
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

function followState(line: Line, listener: Listener): () => void {
  let again: ReturnType<typeof setTimeout> | undefined
  line.on('connect', () => { listener.onUp() })
  line.on('disconnect', (reason: string) => {
    listener.onDown()
    // A line that the server has closed is not opened again by itself.
    if (reason === 'io server disconnect') line.connect()
  })
  line.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    listener.onDown()
    const code = error.data?.code
    // Nor after a refusal; without a session it would be in vain, and the next question by HTTP says so.
    if (code && !code.startsWith('auth.')) again = setTimeout(() => line.connect(), REFUSED_AGAIN_MS)
  })
  return () => { clearTimeout(again) }
}

/** A telephone changes networks without telling its sockets: only an answer shows that somebody is there. */
function keepPinging(line: Line, listener: Listener): () => void {
  const timer = setInterval(() => {
    if (!line.connected || document.hidden) return
    line.timeout(SILENCE_MS).emit('ping_desk', {}, (failure: Error | null) => {
      if (!failure || !line.connected) return
      listener.onDown()
      line.io.engine.close()
    })
  }, PING_MS)
  return () => { clearInterval(timer) }
}

/** While a line stands the desk takes its page for one that is looked at. */
function hangUpWhenHidden(line: Line): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  function onVisibility(): void {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(() => line.disconnect(), HIDDEN_MS)
    else if (!line.connected) line.connect()
  }
  document.addEventListener('visibilitychange', onVisibility)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisibility)
  }
}
