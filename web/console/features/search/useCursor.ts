/** The chosen row of a list that is worked from a text field: arrows move it, the screen follows. */
import { nextTick, ref, watch } from 'vue'
import type { Ref } from 'vue'

export type Cursor = {
  at: Ref<number>
  move: (step: number) => void
  /** The id of the element that row stands in, for `aria-activedescendant`. */
  rowId: (index: number) => string
}

/** `keys` are the rows. Rows added at the end leave the cursor where it is; another list begins at its first row. */
export function useCursor(base: string, keys: () => readonly string[], mayChoose: (index: number) => boolean = () => true): Cursor {
  const at = ref(firstOf(keys(), mayChoose))
  const rowId = (index: number): string => `${base}-row-${index}`

  watch(keys, (now, before) => {
    const continued = before.length > 0 && before.every((key, index) => key === now[index])
    if (!continued) at.value = firstOf(now, mayChoose)
  })

  function move(step: number): void {
    const count = keys().length
    for (let tried = 1; tried <= count; tried += 1) {
      const next = (at.value + step * tried + count * tried) % count
      if (!mayChoose(next)) continue
      at.value = next
      void nextTick(() => document.getElementById(rowId(next))?.scrollIntoView({ block: 'nearest' }))
      return
    }
  }

  return { at, move, rowId }
}

function firstOf(keys: readonly string[], mayChoose: (index: number) => boolean): number {
  return Math.max(0, keys.findIndex((_, index) => mayChoose(index)))
}
