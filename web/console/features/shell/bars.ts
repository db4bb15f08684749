/** How much of the top of a conversation its header and bars take: what calls for a person lies below all of them. */
import { onBeforeUnmount, onMounted, ref } from 'vue'
import type { Ref } from 'vue'

/** Without a conversation there is only the edge. CSS pixels. */
const NO_BARS = 48

/** The height that is taken, for the pane that lies over the conversation. */
export const barsHeight = ref(NO_BARS)

/** Follows the height of an element that holds a conversation's header and bars, for as long as the component lives. */
export function useBars(element: Readonly<Ref<HTMLElement | null>>): void {
  let observer: ResizeObserver | undefined
  onMounted(() => {
    if (!element.value) return
    observer = new ResizeObserver(([entry]) => { barsHeight.value = Math.round(entry?.borderBoxSize[0]?.blockSize ?? NO_BARS) })
    observer.observe(element.value)
  })
  onBeforeUnmount(() => {
    observer?.disconnect()
    barsHeight.value = NO_BARS
  })
}
