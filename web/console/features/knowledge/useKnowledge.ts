/** The knowledge panel: what the bot would say to the family's last words, and a search for words of one's own. */
import { computed, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import type { ConversationView } from '../../api/types'
import { useCursor } from '../search/useCursor'
import type { Cursor } from '../search/useCursor'
import { useLiveSearch } from '../search/useLiveSearch'
import type { LiveSearch } from '../search/useLiveSearch'
import { lastQuestion, LONGEST_QUESTION } from './lastQuestion'
import { search as searchWords, suggestFor } from './suggestions'
import type { Hit, Outcome } from './suggestions'

export type Knowledge = {
  words: Ref<string>
  search: Pick<LiveSearch<unknown>, 'phase' | 'failure' | 'again'>
  hits: ComputedRef<Hit[]>
  /** What the bot itself would do with the family's words; null for words of one's own. */
  outcome: ComputedRef<Outcome | null>
  chosen: ComputedRef<Hit | undefined>
  cursor: Cursor
  /** What the family has asked since, when it is something else than what is searched for. */
  asked: ComputedRef<string>
  follow: () => void
}

export function useKnowledge(base: string, conversationId: () => string, view: () => ConversationView): Knowledge {
  const latest = computed(() => lastQuestion(view().entries))
  const words = ref(latest.value)
  // What was not changed by hand follows what the family says.
  watch(latest, (asked, before) => {
    if (words.value === '' || words.value === before) words.value = asked
  })

  const search = useLiveSearch(
    () => words.value.trim().slice(0, LONGEST_QUESTION) || null,
    (q, signal) => (q === latest.value ? suggestFor(conversationId(), q, signal) : searchWords(q, signal)),
  )
  const hits = computed(() => search.answer.value?.hits ?? [])
  const cursor = useCursor(base, () => hits.value.map((hit) => hit.entry_id))

  return {
    words,
    search,
    hits,
    outcome: computed(() => search.answer.value?.outcome ?? null),
    chosen: computed(() => hits.value[cursor.at.value]),
    cursor,
    asked: computed(() => (latest.value !== '' && latest.value !== words.value.trim() ? latest.value : '')),
    follow: () => { words.value = latest.value },
  }
}
