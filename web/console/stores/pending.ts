/** The queue of unsent replies and notes, kept in this browser so that a reload loses nothing. */
import { defineStore } from 'pinia'
import { restored } from '../live/pending'
import type { Pending } from '../live/pending'
import { useOwn } from './index'

const PREFIX = 'caredesk.pending.'

export const usePending = defineStore('pending', {
  state: () => ({ queue: [] as Pending[] }),
  getters: {
    of:
      (state) =>
      (conversationId: string): Pending[] =>
        state.queue.filter((item) => item.conversationId === conversationId),
    count: (state): number => state.queue.filter((item) => item.state !== 'sent').length,
  },
  actions: {
    /** Reads what this person left behind in this browser. */
    restore() {
      const prefix = keyOf('')
      const kept = Object.keys(localStorage).filter((key) => key.startsWith(prefix))
      const items = kept.map((key) => parsed(localStorage.getItem(key))).filter((item) => item !== null)
      this.queue = items.map(restored).sort((a, b) => a.at.localeCompare(b.at))
    },
    put(item: Pending) {
      const at = this.queue.findIndex((known) => known.clientKey === item.clientKey)
      if (at >= 0) this.queue[at] = item
      else this.queue.push(item)
      if (item.state === 'sent') localStorage.removeItem(keyOf(item.clientKey))
      else localStorage.setItem(keyOf(item.clientKey), JSON.stringify(item))
    },
    drop(clientKey: string) {
      this.queue = this.queue.filter((item) => item.clientKey !== clientKey)
      localStorage.removeItem(keyOf(clientKey))
    },
    /** Leaves nothing on a shared computer. */
    clear() {
      for (const item of this.queue) localStorage.removeItem(keyOf(item.clientKey))
      this.queue = []
    },
  },
})

function keyOf(clientKey: string): string {
  return `${PREFIX}${useOwn().staffId}.${clientKey}`
}

function parsed(stored: string | null): Pending | null {
  try {
    const item: unknown = JSON.parse(stored ?? 'null')
    return typeof item === 'object' && item !== null && 'clientKey' in item ? (item as Pending) : null
  } catch {
    return null
  }
}
