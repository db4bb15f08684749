/** A live line to the desk for staff: opened again where Socket.IO would not, and the truth about whether anybody answers. */
import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'

const REFUSED_AGAIN_MS = 5_000

export type Line = Pick<Socket, 'on' | 'emit' | 'timeout' | 'connect' | 'disconnect' | 'connected' | 'io'>

export type Hooks = {
  /** The line stands; what was missed is to be fetched. */
  onUp: () => void
  /** The line is gone. */
  onDown: () => void
  /** The server says no: the session or the token is not valid. */
  onRefused: (code: string) => void
  /** The line stands, but nobody answers. */
  onSilence: () => void
  /** The server has answered a ping after so many milliseconds; `at` is its time. */
  onContact?: (roundTripMs: number, at: string) => void
}

export type Pinging = {
  everyMs: number
  silenceMs: number
  /** After so many pings without an answer a line is dead, even if the network has not noticed. */
  mostMissed: number
  /** Whether nobody looks, so that nobody need ask. */
  isPaused?: () => boolean
}

export function openStaffLine(csrf: string): Socket {
  return io({
    transports: ['websocket', 'polling'],
    auth: { kind: 'staff', csrf },
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    timeout: 8000,
  })
}

/** Tells when a line comes, goes and falls silent; returns what ends the watching. */
export function keepLine(line: Line, hooks: Hooks, pinging: Pinging): () => void {
  const { ping, reset } = pinger(line, hooks, pinging)
  let again: ReturnType<typeof setTimeout> | undefined
  line.on('connect', () => {
    reset()
    hooks.onUp()
    ping()
  })
  line.on('disconnect', (reason: string) => {
    hooks.onDown()
    // A line that the server has closed is not opened again by itself.
    if (reason === 'io server disconnect') line.connect()
  })
  line.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    const code = error.data?.code
    if (!code) { hooks.onDown(); return }
    hooks.onRefused(code)
    // Nor after a refusal; without a session it would be in vain.
    if (!code.startsWith('auth.')) again = setTimeout(() => line.connect(), REFUSED_AGAIN_MS)
  })
  const timer = setInterval(ping, pinging.everyMs)
  return () => {
    clearTimeout(again)
    clearInterval(timer)
  }
}

/** Only an answer shows that somebody is there: networks change without telling their sockets. */
function pinger(line: Line, hooks: Hooks, { silenceMs, mostMissed, isPaused }: Pinging): { ping: () => void; reset: () => void } {
  let unanswered = 0

  function missed(): void {
    if (!line.connected) return
    unanswered += 1
    hooks.onSilence()
    if (unanswered >= mostMissed) line.io.engine.close()
  }

  function ping(): void {
    if (!line.connected || isPaused?.()) return
    const sent = Date.now()
    line.timeout(silenceMs).emit('ping_desk', {}, (failure: Error | null, answer?: { at: string }) => {
      if (failure || !answer) { missed(); return }
      unanswered = 0
      hooks.onContact?.(Date.now() - sent, answer.at)
    })
  }

  return { ping, reset: () => { unanswered = 0 } }
}
