/** One store per resource, keyed by id. Views read them; `live/` alone writes what the server owns. */
import { defineStore } from 'pinia'
import type { AgentView, ConversationSummary, OfferView, QueueState } from '../api/types'
import { closedOf, mineOf, servedOf, waitingOf } from './lists'
import type { MineOrder } from './lists'
import { emptyState } from './state'
import { useSession } from './session'
import type { DeskState, Timeline, Typing } from './state'

export const useOwn = defineStore('own', {
  state: () => emptyState('').own,
})

const ORDER = 'caredesk.mine_order'

export const useSummaries = defineStore('summaries', {
  state: () => ({
    ...emptyState('').summaries,
    mineOrder: (localStorage.getItem(ORDER) === 'reply' ? 'reply' : 'arrival') as MineOrder,
  }),
  getters: {
    mine: (state): ConversationSummary[] => mineOf(state.byId, useOwn().staffId, state.mineOrder),
    waiting: (state): ConversationSummary[] => waitingOf(state.byId, useQueues().served),
    closed: (state): ConversationSummary[] => closedOf(state.byId, state.closedIds),
  },
  actions: {
    switchOrder() {
      this.mineOrder = this.mineOrder === 'arrival' ? 'reply' : 'arrival'
      localStorage.setItem(ORDER, this.mineOrder)
    },
  },
})

export const useTimelines = defineStore('timelines', {
  state: () => emptyState('').timelines,
  getters: {
    of:
      (state) =>
      (id: string): Timeline | undefined =>
        state.byId[id],
  },
})

export const useQueues = defineStore('queues', {
  state: () => emptyState('').queues,
  getters: {
    all: (state): QueueState[] => Object.values(state.byId).sort((a, b) => a.name.localeCompare(b.name, 'zh')),
    served: (state): Record<string, QueueState> =>
      servedOf(state.byId, useAgents().me, useSession().may('see_floor') ? useOwn().seenQueueIds : []),
  },
})

export const useAgents = defineStore('agents', {
  state: () => emptyState('').agents,
  getters: {
    me: (state): AgentView | undefined => state.byId[useOwn().staffId],
    colleagues: (state): AgentView[] => Object.values(state.byId).filter((one) => one.staff_id !== useOwn().staffId),
  },
})

export const useOffers = defineStore('offers', {
  state: () => emptyState('').offers,
  getters: {
    /** The one that runs out first stands first. */
    open: (state): OfferView[] => Object.values(state.byId).sort((a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at)),
  },
})

export const useTyping = defineStore('typing', {
  state: () => emptyState('').typing,
  getters: {
    of:
      (state) =>
      (conversationId: string): Typing[] =>
        state.byConversation[conversationId] ?? [],
  },
})

export const useAlerts = defineStore('alerts', {
  state: () => emptyState('').alerts,
  getters: {
    open: (state) => state.list.filter((alert) => !alert.acknowledged),
    /** Notices that I have not said I read. */
    unread: (state) => state.notices.filter((notice) => !notice.seen_by.includes(useOwn().staffId)),
  },
})

/** The whole state as the reducer sees it. */
export function deskState(): DeskState {
  return {
    own: useOwn(),
    summaries: useSummaries(),
    timelines: useTimelines(),
    queues: useQueues(),
    agents: useAgents(),
    offers: useOffers(),
    typing: useTyping(),
    alerts: useAlerts(),
  }
}

/** Forgets everything of the person who has signed out. */
export function resetStores(): void {
  for (const store of [useSummaries(), useTimelines(), useQueues(), useAgents(), useOffers(), useTyping(), useAlerts(), useOwn()]) {
    store.$reset()
  }
}
