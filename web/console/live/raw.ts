/** Every event as it came, for pages that show the whole floor and not one agent's desk. */
import type { StaffEvent } from '../api/types'

const listeners = new Set<(event: StaffEvent) => void>()

export function tellRaw(event: StaffEvent): void {
  for (const listener of listeners) listener(event)
}

/** Listens until the returned function is called. */
export function onRaw(listener: (event: StaffEvent) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
