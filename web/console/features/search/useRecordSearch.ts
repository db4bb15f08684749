/** The search of the records: what is asked, what was found, and the pages behind the first. */
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { searchRecords } from '../../api/panels'
import type { SearchHit, Sought } from '../../api/panels'
import { daysAreReversed, hintFor, NOTHING_SOUGHT, soughtOf, withHint } from './question'
import type { Hint } from './question'
import { useLiveSearch } from './useLiveSearch'
import type { LiveSearch } from './useLiveSearch'

export type RecordSearch = {
  typed: Sought
  hits: ComputedRef<SearchHit[]>
  search: Pick<LiveSearch<unknown>, 'phase' | 'failure' | 'again'>
  /** Days in the wrong order are said before anybody asks the server. */
  reversed: ComputedRef<boolean>
  hint: ComputedRef<Hint | null>
  takeHint: () => void
  clear: () => void
  hasMore: ComputedRef<boolean>
  loadingMore: Ref<boolean>
  loadMore: () => Promise<void>
}

export function useRecordSearch(): RecordSearch {
  const typed = reactive<Sought>({ ...NOTHING_SOUGHT })
  const reversed = computed(() => daysAreReversed(typed))
  const search = useLiveSearch(
    () => (reversed.value ? null : soughtOf(typed)),
    (sought, signal) => searchRecords(sought, null, signal),
  )

  const further = shallowRef<SearchHit[]>([])
  const cursor = ref<string | null>(null)
  const loadingMore = ref(false)
  watch(search.answer, (page) => {
    further.value = []
    cursor.value = page?.cursor ?? null
  })

  async function loadMore(): Promise<void> {
    const sought = soughtOf(typed)
    const first = search.answer.value
    if (!sought || cursor.value === null || loadingMore.value || search.phase.value !== 'ready') return
    loadingMore.value = true
    try {
      const page = await searchRecords(sought, cursor.value, new AbortController().signal)
      // Somebody typed on meanwhile: this page belongs to a question that is gone.
      if (search.answer.value !== first) return
      further.value = [...further.value, ...page.hits]
      cursor.value = page.cursor
    } finally {
      loadingMore.value = false
    }
  }

  return {
    typed,
    hits: computed(() => [...(search.answer.value?.hits ?? []), ...further.value]),
    search,
    reversed,
    hint: computed(() => hintFor(typed.text)),
    takeHint: () => {
      const hint = hintFor(typed.text)
      if (hint) Object.assign(typed, withHint(typed, hint))
    },
    clear: () => { Object.assign(typed, NOTHING_SOUGHT) },
    hasMore: computed(() => cursor.value !== null),
    loadingMore,
    loadMore,
  }
}
