/** The row that the keys are on: it stays on its conversation when rows come and go, and on its place when that leaves. */
import { computed, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import type { ConversationSummary } from '../../api/types'

export type ListCursor = {
  current: Readonly<Ref<string | null>>
  index: ComputedRef<number>
  move: (step: number) => void
  put: (id: string | null) => void
}

export function useListCursor(rows: () => readonly ConversationSummary[]): ListCursor {
  const current = ref<string | null>(null)
  let lastIndex = 0
  const index = computed(() => rows().findIndex((row) => row.id === current.value))

  watch(index, (at) => {
    if (at >= 0) lastIndex = at
  })
  watch(
    () => rows().length,
    (count) => {
      if (current.value !== null && index.value < 0) current.value = rows()[Math.min(lastIndex, count - 1)]?.id ?? null
    },
  )

  return {
    current,
    index,
    move: (step) => {
      const all = rows()
      const from = index.value < 0 ? (step > 0 ? -1 : all.length) : index.value
      current.value = all[Math.max(0, Math.min(all.length - 1, from + step))]?.id ?? null
    },
    put: (id) => { current.value = id },
  }
}
