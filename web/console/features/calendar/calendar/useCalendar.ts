/** The week on the screen: fetched, kept up to date by the live line, and the change that is being looked at. */
import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { toast } from '@shared/ui'
import { dayKey } from '@shared/time'
import { serverNow, setServerTime } from '@shared/now'
import { ApiError } from '../../api'
import { rosterChanged } from '../../live/roster'
import { scheduleChanged } from '../../live/schedule'
import { t, tCode, tError } from '../../i18n'
import { applyEdits, applyUndo, checkEdits, checkUndo, fetchCoverage, fetchWeek } from './api'
import type { CalendarWeek, ChangeDone, Coverage, Difference, Edit } from './api'
import { addDays, mondayOf, rowsOf } from './week'

/** The choice of all departments. */
export const EVERY = '*'

/** What is about to be done: shown with whom it touches, and applied exactly so; or why it can't be done. */
export type Pending = { title: string; difference: Difference; apply: () => Promise<ChangeDone> } | { title: string; refused: string }

export function useCalendar() {
  const route = useRoute()
  const router = useRouter()
  const week = shallowRef<CalendarWeek | null>(null)
  const coverage = shallowRef<Coverage | null>(null)
  const failure = ref('')
  const busy = ref(false)
  const department = ref(EVERY)
  const onlyWith = ref(true)
  const pending = shallowRef<Pending | null>(null)
  const own = new Set<string>()
  let asked = 0
  let asking: AbortController | null = null

  const first = computed(() => mondayOf(typeof route.query.week === 'string' && /^\d{4}-\d\d-\d\d$/.test(route.query.week) ? route.query.week : dayKey(serverNow())))
  const rows = computed(() => (week.value ? rowsOf(week.value, { department: department.value === EVERY ? '' : department.value, onlyWith: onlyWith.value }) : []))

  async function load(): Promise<void> {
    const number = ++asked
    asking?.abort()
    asking = new AbortController()
    try {
      const found = await fetchWeek(first.value, 7, asking.signal)
      if (number !== asked) return
      setServerTime(found.now)
      week.value = found
      failure.value = ''
      await loadCoverage(number, asking.signal)
    } catch (error) {
      if (number === asked) failure.value = tError(error)
    }
  }

  /** The people behind the week come after it: the calendar is of use without them. */
  async function loadCoverage(number: number, signal?: AbortSignal): Promise<void> {
    const found = await fetchCoverage(first.value, 7, signal).catch(() => null)
    if (number === asked) coverage.value = found
  }

  function show(day: string): void {
    void router.replace({ query: { ...route.query, week: mondayOf(day) } })
  }

  /** Asks what a change would do; the dialog then shows it. A form that is open says itself why it was refused. */
  async function propose(edits: Edit[], title: string, inForm = false): Promise<void> {
    await run(async () => {
      const difference = await checkEdits(edits)
      pending.value = { title, difference, apply: () => applyEdits(edits, difference.fingerprint) }
    }, inForm ? '' : title)
  }

  async function proposeUndo(changeId: string): Promise<void> {
    await run(async () => {
      pending.value = { title: t('calendar.undo_title'), difference: await checkUndo(changeId), apply: () => applyUndo(changeId) }
    })
  }

  async function confirm(): Promise<void> {
    const change = pending.value
    if (!change || 'refused' in change) return
    await run(async () => {
      done(await change.apply())
      pending.value = null
    })
  }

  function done(change: ChangeDone): void {
    if (change.change_id) own.add(change.change_id)
    toast(t('calendar.done'))
    void load()
  }

  /** With a title, what is refused is said in the dialog: where a session was dropped, a passing word would be missed. */
  async function run(work: () => Promise<void>, title = ''): Promise<void> {
    if (busy.value) return
    busy.value = true
    try {
      await work()
    } catch (error) {
      if (title) pending.value = { title, refused: refusal(error) }
      else {
        toast(refusal(error), 'alarm')
        pending.value = null
      }
      if (error instanceof ApiError && error.status === 409) void load()
    } finally {
      busy.value = false
    }
  }

  watch(first, () => {
    coverage.value = null
    void load()
  })
  watch(scheduleChanged, (change) => {
    if (!change || own.has(change.change_id)) return
    toast(t('calendar.by', { by: change.by || t('calendar.desk_itself'), first: change.first }))
    if (change.first < addDays(first.value, 7) && change.last >= first.value) void load()
  })
  watch(rosterChanged, () => void loadCoverage(asked))
  onMounted(() => void load())
  onBeforeUnmount(() => asking?.abort())

  return { week, coverage, rows, first, failure, busy, department, onlyWith, pending, load, show, propose, proposeUndo, confirm, done }
}

export type Calendar = ReturnType<typeof useCalendar>

/** Why the server refused a session, in words. */
export function refusal(error: unknown): string {
  if (error instanceof ApiError && error.code === 'schedule.refused') {
    const why = tCode('calendar.fault', String(error.fields.fault), { value: error.fields.value ?? '' })
    return t('error.schedule.refused', { why })
  }
  return tError(error)
}
