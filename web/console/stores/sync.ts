/** The console's honest account of itself: is what stands on the screen what the server knows? */
import { defineStore } from 'pinia'

/** `silent`: the line is there and nobody answers. `down`: there is no line. */
export type SyncPhase = 'starting' | 'catching_up' | 'in_sync' | 'silent' | 'down'

export const useSync = defineStore('sync', {
  state: () => ({
    phase: 'starting' as SyncPhase,
    /** When the trouble began, in this browser's time. */
    since: 0,
    /** When the server last proved that it is there, in this browser's time. */
    lastContact: 0,
    roundTripMs: 0,
    /** The code with which the server refused the live line, if it did. */
    refusal: '',
  }),
  getters: {
    isLive: (state): boolean => state.phase === 'in_sync' || state.phase === 'catching_up',
  },
})
