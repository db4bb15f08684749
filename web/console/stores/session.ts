/** Who is signed in at this browser. */
import { defineStore } from 'pinia'
import * as api from '../api'
import type { HalfOpen, Me } from '../api/types'

export const useSession = defineStore('session', {
  state: () => ({
    me: null as Me | null,
    /** False until the server has been asked once. */
    asked: false,
    /** The session ended while somebody was working; their words are still on the screen. */
    expired: false,
  }),
  getters: {
    may:
      (state) =>
      (permission: string): boolean =>
        state.me?.permissions.includes(permission) ?? false,
  },
  actions: {
    async ask(): Promise<void> {
      try {
        this.take(await api.whoAmI())
      } catch (error) {
        if (!(error instanceof api.ApiError) || error.status !== 401) throw error
      } finally {
        this.asked = true
      }
    },
    /** Another tab has signed in anew: its token serves here too, unless it is somebody else's. */
    async renew(): Promise<boolean> {
      const before = this.me?.staff_id
      const me = await api.whoAmI()
      // Somebody else works at this browser now; nothing of the one before may stay on the screen.
      if (before && me.staff_id !== before) location.reload()
      this.take(me)
      return true
    },
    /** Null when the person is in; else what comes next. */
    async signIn(login: string, password: string): Promise<HalfOpen | null> {
      return this.goOn(await api.signIn(login, password))
    },
    goOn(answer: Me | HalfOpen): HalfOpen | null {
      if ('ticket' in answer) return answer
      this.take(answer)
      this.asked = true
      return null
    },
    take(me: Me) {
      this.me = me
      this.expired = false
      api.setCsrfToken(me.csrf_token)
    },
    forget() {
      this.me = null
      this.expired = false
      api.setCsrfToken('')
    },
  },
})
