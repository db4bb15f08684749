/** The note of a wrap-up that was begun: it outlives a closed dialog and a reload, in this tab only, until it is sent. */

const PREFIX = 'caredesk.closing.'

export function keptNote(conversationId: string): string {
  return sessionStorage.getItem(PREFIX + conversationId) ?? ''
}

export function keepNote(conversationId: string, note: string): void {
  if (note === '') sessionStorage.removeItem(PREFIX + conversationId)
  else sessionStorage.setItem(PREFIX + conversationId, note)
}

/** Leaves nothing for the next person at this computer. */
export function forgetNotes(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
}
