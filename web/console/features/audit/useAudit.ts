/** The audit page's state: how the chain stands, what was found, and the entry that is looked at. */
import { computed, onBeforeUnmount, onMounted, reactive, ref, shallowRef } from 'vue'
import { tError } from '../../i18n'
import { askForCheck, fetchEntry, fetchState, searchAudit } from './api'
import type { AuditDetail, AuditLine, AuditState, Sought } from './api'

const LOOK_AGAIN_MS = 3000

export function useAudit() {
  const state = shallowRef<AuditState | null>(null)
  const entries = shallowRef<readonly AuditLine[]>([])
  const older = ref<number | null>(null)
  const detail = shallowRef<AuditDetail | null>(null)
  const failure = ref('')
  const busy = ref(false)
  const searched = ref(false)
  const sought = reactive<Sought>({ who: '', deed: '', subject: '', why: '', since: '', until: '' })
  const reversed = computed(() => sought.since !== '' && sought.until !== '' && sought.since > sought.until)
  let again: ReturnType<typeof setTimeout> | undefined

  async function attempt(doing: () => Promise<void>): Promise<void> {
    failure.value = ''
    try {
      await doing()
    } catch (error) {
      failure.value = tError(error)
    }
  }

  /** While a check runs, its end is waited for. */
  async function loadState(): Promise<void> {
    clearTimeout(again)
    const wasChecking = state.value?.checking === true
    await attempt(async () => {
      state.value = await fetchState()
    })
    if (wasChecking && state.value?.checking === false) void search()
    if (state.value?.checking) again = setTimeout(() => void loadState(), LOOK_AGAIN_MS)
  }

  async function search(from: number | null = null): Promise<void> {
    if (reversed.value) return
    busy.value = true
    await attempt(async () => {
      const page = await searchAudit({ ...sought }, from)
      entries.value = from === null ? page.entries : [...entries.value, ...page.entries]
      older.value = page.before
      searched.value = true
    })
    busy.value = false
  }

  async function show(number: number): Promise<void> {
    await attempt(async () => {
      detail.value = await fetchEntry(number)
    })
  }

  async function check(): Promise<void> {
    await attempt(askForCheck)
    await loadState()
  }

  onMounted(() => {
    void loadState()
    void search()
  })
  onBeforeUnmount(() => { clearTimeout(again) })
  return { state, entries, older, detail, failure, busy, searched, sought, reversed, search, show, check, loadState }
}
