/** Scrolling that never surprises: new messages are followed only from the bottom, older ones push nothing away. */
import { computed, nextTick, onBeforeUnmount, onMounted, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'

/** So near to the end counts as being there. */
const NEAR_PX = 48

export type TimelineScroll = {
  atEnd: Readonly<Ref<boolean>>
  /** How many arrived below while somebody read further up. */
  missed: Ref<number>
  showPill: ComputedRef<boolean>
  toEnd: () => void
  /** To be called when something was added at the end. */
  grown: (count: number) => Promise<void>
  /** Keeps what is read in its place while older entries come in above. */
  keepPlace: (change: () => Promise<void>) => Promise<void>
}

export function useTimelineScroll(box: Readonly<Ref<HTMLElement | null>>): TimelineScroll {
  const atEnd = ref(true)
  const missed = ref(0)
  let observer: ResizeObserver | undefined

  function look(): void {
    const element = box.value
    if (!element) return
    atEnd.value = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX
    if (atEnd.value) missed.value = 0
  }

  function toEnd(): void {
    const element = box.value
    if (element) element.scrollTop = element.scrollHeight
    missed.value = 0
  }

  async function grown(count: number): Promise<void> {
    if (!atEnd.value) {
      missed.value += count
      return
    }
    await nextTick()
    toEnd()
  }

  onMounted(() => {
    const element = box.value
    if (!element) return
    element.addEventListener('scroll', look, { passive: true })
    // The composer grows and the window changes: who was at the end stays there.
    observer = new ResizeObserver(() => { if (atEnd.value) toEnd() })
    observer.observe(element)
  })
  onBeforeUnmount(() => observer?.disconnect())

  return {
    atEnd,
    missed,
    showPill: computed(() => missed.value > 0),
    toEnd,
    grown,
    keepPlace: (change) => keepFromEnd(box.value, change),
  }
}

async function keepFromEnd(element: HTMLElement | null, change: () => Promise<void>): Promise<void> {
  const fromEnd = element ? element.scrollHeight - element.scrollTop : 0
  await change()
  await nextTick()
  if (element) element.scrollTop = element.scrollHeight - fromEnd
}
