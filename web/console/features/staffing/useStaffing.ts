/** A week of the roster on the screen: fetched whole, changed by commands, renewed when others change it. */
import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import { serverNow } from '@shared/now'
import { dayKey } from '@shared/time'
import { toast } from '@shared/ui'
import { ApiError } from '../../api'
import { t, tCode, tError } from '../../i18n'
import { rosterChanged } from '../../live/roster'
import { applyProposal, askProposal, copyWeek, fetchWeek, putLeave, putShift, removeLeave, removeShift, undoChange } from './api'
import type { LeaveForm, RosterWeek, ShiftForm } from './api'
import { addDays, axisOf, mondayOf } from './week'

const LOOK_AGAIN_MS = 2000

export type Staffing = ReturnType<typeof useStaffing>

/** An empty `day` is the desk's today. */
export function useStaffing(start: { day: string; view: 'week' | 'day' }) {
  const phase = ref<'loading' | 'ready' | 'failed'>('loading')
  const failure = ref<unknown>(null)
  const week = shallowRef<RosterWeek | null>(null)
  const day = ref(start.day || dayKey(serverNow()))
  let today = start.day === ''
  const view = ref(start.view)
  const busy = ref(false)
  const axis = computed(() => axisOf(day.value, view.value))
  let asked: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    asked?.abort()
    const mine = (asked = new AbortController())
    try {
      week.value = await fetchWeek(mondayOf(day.value), mine.signal)
      phase.value = 'ready'
      // This computer's clock may be in another week; only the desk knows what day it is.
      if (today) day.value = dayKey(week.value.now)
      today = false
      // The event says when a proposal is there; a lost one must not leave somebody waiting.
      clearTimeout(timer)
      if (week.value.proposal?.state === 'waiting') timer = setTimeout(() => void load(), LOOK_AGAIN_MS)
    } catch (error) {
      if (mine.signal.aborted) return
      failure.value = error
      if (week.value === null) phase.value = 'failed'
      else toast(tError(error), 'alarm')
    }
  }

  /** Runs one change and reads the week anew, also when it was refused: what is shown is what is kept. */
  async function change(run: () => Promise<unknown>, done = ''): Promise<boolean> {
    busy.value = true
    try {
      await run()
      if (done) toast(done)
      return true
    } catch (error) {
      toast(refusalWords(error), 'alarm')
      return false
    } finally {
      await load()
      busy.value = false
    }
  }

  async function copy(): Promise<void> {
    const target = mondayOf(day.value)
    let words = ''
    const copied = await change(async () => {
      const { change_id, skipped = [] } = await copyWeek(addDays(target, -7), target)
      const first = skipped[0]
      if (first) words = t('staffing.copied_skipped', { n: skipped.length, first: `${tCode('staffing.fault', first.code)} ${first.value}` })
      else words = t(change_id ? 'staffing.copied' : 'staffing.copied_nothing')
    })
    if (copied) toast(words)
  }

  async function undo(): Promise<void> {
    const id = week.value?.undo_id
    if (id) await change(() => undoChange(id), t('staffing.undone'))
  }

  async function apply(): Promise<void> {
    const id = week.value?.proposal?.id
    if (id) await change(() => applyProposal(id), t('staffing.proposal_applied'))
  }

  watch(day, (now, before) => { if (mondayOf(now) !== mondayOf(before)) void load() })
  watch(rosterChanged, () => { if (!busy.value) void load() })
  onBeforeUnmount(() => { asked?.abort(); clearTimeout(timer) })

  return {
    phase, failure, week, day, view, axis, busy, load, copy, undo, apply,
    save: (shift: ShiftForm) => change(() => putShift(shift), t('staffing.saved')),
    remove: (id: string) => change(() => removeShift(id), t('staffing.removed')),
    leave: (form: LeaveForm) => change(() => putLeave(form), t('staffing.leave_saved')),
    endLeave: (id: string) => change(() => removeLeave(id), t('staffing.leave_removed')),
    propose: () => change(() => askProposal(mondayOf(day.value))),
  }
}

/** A refused roster says whose shift, and why. */
function refusalWords(error: unknown): string {
  if (!(error instanceof ApiError) || error.code !== 'roster.refused') return tError(error)
  const why = tCode('staffing.fault', String(error.fields.reason), error.fields)
  return `${tError(error)} ${[error.fields.agent, why, error.fields.value].filter(Boolean).join(' · ')}`
}
