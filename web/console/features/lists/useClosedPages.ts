/** Pages of closed conversations: the first when the list is opened, the next when its end comes into sight. */
import { ref } from 'vue'
import type { Ref } from 'vue'
import { toast } from '@shared/ui'
import { tError } from '../../i18n'
import { fetchClosedPage, refreshClosed } from '../../live/desk'

/** What the virtual list knows about its scrolling. */
type Scrolled = { scrollOffset: number; scrollSize: number; viewportSize: number }

const NEAR_THE_END = 400

export type ClosedPages = {
  loading: Ref<boolean>
  loadFirst: () => Promise<void>
  loadMoreAt: (scrolled: object | null) => void
}

export function useClosedPages(): ClosedPages {
  const loading = ref(false)
  let cursor: string | null = null
  let begun = false

  async function load(from: string | null): Promise<void> {
    if (loading.value) return
    loading.value = true
    try {
      cursor = await fetchClosedPage(from)
      begun = true
    } catch (error) {
      toast(tError(error), 'alarm')
    } finally {
      loading.value = false
    }
  }

  return {
    loading,
    // Whoever comes back finds what was closed meanwhile, and stays where they were.
    loadFirst: () => (begun ? refreshClosed().catch(() => undefined) : load(null)),
    loadMoreAt: (scrolled) => {
      const { scrollOffset, scrollSize, viewportSize } = scrolled as Scrolled
      if (cursor && scrollOffset + viewportSize > scrollSize - NEAR_THE_END) void load(cursor)
    },
  }
}
