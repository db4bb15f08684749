/** The page of who may open what: the table that holds, the one that is being made of it, and what would change. */
import { computed, onMounted, ref, shallowRef } from 'vue'
import { toast } from '@shared/ui'
import { t, tError } from '../../i18n'
import { checkAccess, fetchAccess, reviewOpening, saveAccess } from './api'
import type { AccessDifference, AccessPage, AccessTable } from './api'

export function useAccess() {
  const page = shallowRef<AccessPage | null>(null)
  const draft = ref<AccessTable | null>(null)
  const failure = ref('')
  const busy = ref(false)
  const difference = shallowRef<AccessDifference | null>(null)
  const changed = computed(() => page.value !== null && JSON.stringify(draft.value) !== JSON.stringify(page.value.table))

  function take(fresh: AccessPage): void {
    page.value = fresh
    undo()
  }

  /** Begins anew from the table that holds. */
  function undo(): void {
    draft.value = page.value ? (JSON.parse(JSON.stringify(page.value.table)) as AccessTable) : null
  }

  async function load(): Promise<void> {
    try {
      take(await fetchAccess())
      failure.value = ''
    } catch (error) {
      failure.value = tError(error)
    }
  }

  async function attempt(doing: () => Promise<void>): Promise<void> {
    busy.value = true
    try {
      await doing()
    } catch (error) {
      toast(tError(error), 'alarm')
    } finally {
      busy.value = false
    }
  }

  /** Asks what the draft would change; nothing is saved yet. */
  async function ask(): Promise<void> {
    const table = draft.value
    if (table) await attempt(async () => { difference.value = await checkAccess(table) })
  }

  async function save(note: string): Promise<void> {
    const [table, held] = [draft.value, page.value]
    if (!table || !held) return
    await attempt(async () => {
      take(await saveAccess(table, held.version, note))
      toast(t('access.saved'))
    })
    difference.value = null
  }

  /** States the departments of somebody; none takes them off the table. */
  function serve(staffId: string, departments: readonly string[]): void {
    if (!draft.value) return
    const others = draft.value.serves.filter((row) => row.staff_id !== staffId)
    draft.value.serves = departments.length > 0 ? [...others, { staff_id: staffId, departments: [...departments] }] : others
  }

  async function review(id: string, verdict: 'fine' | 'questioned'): Promise<void> {
    await attempt(async () => {
      await reviewOpening(id, verdict)
      await load()
    })
  }

  onMounted(() => void load())
  return { page, draft, failure, busy, difference, changed, load, undo, ask, save, serve, review }
}
