/** The doctor's live line: news of one's own requests as they happen, and the truth about whether anybody answers. */
import type { Schemas } from '@contract'
import { keepLine, openStaffLine } from '@shared/liveLine'
import type { Line } from '@shared/liveLine'
import { keepCondition, keepIncident } from './condition'
import type { AssistRequest } from './requests'

export const PING_MS = 10_000
export const SILENCE_MS = 5_000
/** A page that nobody has looked at for so long counts as closed, and is told by push. */
export const HIDDEN_MS = 20_000

type ServerEvent = Schemas['ServerEvents']['event']
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

export function connect(csrf: string, listener: Listener, makeSocket: MakeSocket = openStaffLine): Connection {
  const line = makeSocket(csrf)
  const { onUp, onDown } = listener
  // Whoever is refused learns by the next question why; here the line is gone, whatever the reason.
  const hooks = { onUp, onDown, onRefused: onDown, onSilence: onDown }
  // A telephone in a pocket need not ask.
  const pinging = { everyMs: PING_MS, silenceMs: SILENCE_MS, mostMissed: 1, isPaused: () => document.hidden }
  const ends = [keepLine(line, hooks, pinging), hangUpWhenHidden(line)]
  line.on('event', (event: ServerEvent) => {
    if (event.type === 'assist.changed') listener.onRequest(event.request)
    if (event.type === 'condition.changed') keepCondition(event.condition)
    if (event.type === 'incident.changed') keepIncident(event.incident)
  })
  return {
    hurry: () => { if (!line.connected) line.connect() },
    close: () => {
      for (const end of ends) end()
      line.disconnect()
    },
  }
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
