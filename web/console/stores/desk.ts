/** What the hospital has set for its desk, and today's figures; comes with the snapshot. */
import { defineStore } from 'pinia'
import type { OptionView, Snapshot } from '../api/types'

type Options = Pick<Snapshot, 'close_categories' | 'close_outcomes' | 'break_reasons' | 'transfer_reasons' | 'rating_reasons'>

export const useDesk = defineStore('desk', {
  state: () => ({
    loaded: false,
    hospital: '',
    demo: false,
    answeredToday: 0,
    withinServiceLevelToday: 0,
    messageCharacters: 2000,
    mayClaim: false,
    options: { close_categories: [], close_outcomes: [], break_reasons: [], transfer_reasons: [], rating_reasons: [] } as Options,
  }),
  actions: {
    take(snapshot: Snapshot) {
      this.loaded = true
      this.hospital = snapshot.hospital
      this.demo = snapshot.demo
      this.answeredToday = snapshot.answered_today
      this.withinServiceLevelToday = snapshot.within_service_level_today
      this.messageCharacters = snapshot.message_characters
      this.mayClaim = snapshot.may_claim
      this.options = snapshot
    },
    words(kind: keyof Options, key: string): OptionView | undefined {
      return this.options[kind].find((one) => one.key === key)
    },
  },
})
