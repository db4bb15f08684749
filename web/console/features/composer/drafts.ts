/** What is typed and not sent. The server keeps replies, so that they follow a hand-over; notes stay in this browser,
 *  because a note must never come back as a reply. A copy here bridges the time until the server has it. */

export type Draft = { reply: string; note: string; mode: 'reply' | 'note'; /** The server has `reply`. */ saved: boolean }

const PREFIX = 'caredesk.draft.'

export const EMPTY: Draft = { reply: '', note: '', mode: 'reply', saved: true }

export function readDraft(staffId: string, conversationId: string): Draft {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(staffId, conversationId)) ?? 'null')
    return typeof stored === 'object' && stored !== null ? { ...EMPTY, ...stored } : EMPTY
  } catch {
    return EMPTY
  }
}

export function writeDraft(staffId: string, conversationId: string, draft: Draft): void {
  const key = keyOf(staffId, conversationId)
  const isEmpty = draft.saved && draft.note === '' && draft.mode === 'reply'
  if (isEmpty) localStorage.removeItem(key)
  else localStorage.setItem(key, JSON.stringify(draft))
}

/** Which reply to restore: what this browser has not yet handed over is newer than what the server has. */
export function restoredReply(local: Draft, server: string): string {
  return local.saved ? server : local.reply
}

/** Leaves nothing on a shared computer. */
export function clearDrafts(staffId: string): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(keyOf(staffId, ''))) localStorage.removeItem(key)
}

function keyOf(staffId: string, conversationId: string): string {
  return `${PREFIX}${staffId}.${conversationId}`
}
