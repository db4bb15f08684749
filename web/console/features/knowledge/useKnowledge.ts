/** The knowledge panel's search: begins with what the family last asked, then follows what is typed. */
import { computed, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { searchKnowledge } from '../../api/panels'
import type { KnowledgeHit } from '../../api/panels'
import type { ConversationView } from '../../api/types'
import { useCursor } from '../search/useCursor'
import type { Cursor } from '../search/useCursor'
import { useLiveSearch } from '../search/useLiveSearch'
import type { LiveSearch } from '../search/useLiveSearch'
import { lastQuestion, LONGEST_QUESTION } from './lastQuestion'

export type Knowledge = {
  words: Ref<string>
  search: Pick<LiveSearch<unknown>, 'phase' | 'failure' | 'again'>
  hits: ComputedRef<KnowledgeHit[]>
  chosen: ComputedRef<KnowledgeHit | undefined>
  cursor: Cursor
  /** What the family has asked since, when it is something else than what is searched for. */
  asked: ComputedRef<string>
  follow: () => void
}

export function useKnowledge(base: string, view: () => ConversationView): Knowledge {
  const latest = computed(() => lastQuestion(view().entries))
  const words = ref(latest.value)
  // The conversation may still be on its way when the panel opens.
  const stopFilling = watch(latest, (asked) => {
    if (words.value === '') words.value = asked
    stopFilling()
  })

  const search = useLiveSearch(
    () => words.value.trim().slice(0, LONGEST_QUESTION) || null,
    (q, signal) => searchKnowledge(q, signal),
  )
  const hits = computed(() => search.answer.value?.hits ?? [])
  const cursor = useCursor(base, () => hits.value.map((hit) => hit.entry_id))

  return {
    words,
    search,
    hits,
    chosen: computed(() => hits.value[cursor.at.value]),
    cursor,
    asked: computed(() => (latest.value !== '' && latest.value !== words.value.trim() ? latest.value : '')),
    follow: () => { words.value = latest.value },
  }
}
