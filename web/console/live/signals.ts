/** Where effects that a person should notice leave the live part; features listen and make sound, words and titles. */
import type { Effect } from './apply'

export type Signal = Exclude<Effect, { do: 'catch_up' } | { do: 'reload_view' } | { do: 'renew_calendar' } | { do: 'renew_roster' } | { do: 'keep_request' } | { do: 'keep_call' } | { do: 'keep_condition' } | { do: 'keep_incident' }>

const listeners = new Set<(signal: Signal) => void>()

export function announce(signal: Signal): void {
  for (const listener of listeners) listener(signal)
}

/** Listens until the returned function is called. */
export function onSignal(listener: (signal: Signal) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
