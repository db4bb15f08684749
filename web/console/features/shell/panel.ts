/** The pane on the right: which tab, shown or not. Remembered; on narrow screens it begins hidden and lies on top. */
import { computed, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'

const PANELS = ['family', 'knowledge', 'history', 'decisions'] as const
/** A colleague's request and a call have their own card before the family's. */
export type OwnPanel = 'request' | 'caller'
export type PanelName = OwnPanel | (typeof PANELS)[number]

const STORE = 'caredesk.panel'
const WIDE = window.matchMedia('(min-width: 1200px)')

const tab = ref<PanelName>('family')
const panels = ref<readonly PanelName[]>(PANELS)
const isWide = ref(WIDE.matches)
const wanted = ref(localStorage.getItem(STORE) !== 'hidden')
const overlaid = ref(false)

WIDE.addEventListener('change', (event) => {
  isWide.value = event.matches
  overlaid.value = false
})
watch(wanted, (shown) => { localStorage.setItem(STORE, shown ? 'shown' : 'hidden') })

export type Panel = {
  tab: Ref<PanelName>
  shown: ComputedRef<boolean>
  /** It lies over the conversation instead of beside it. */
  onTop: ComputedRef<boolean>
  toggle: () => void
  next: () => void
  /** The tabs there are. */
  panels: Ref<readonly PanelName[]>
  /** Offers the tabs of what is open: a request of a colleague, a call, or a family's conversation. */
  suit: (own: OwnPanel | null) => void
}

export function usePanel(): Panel {
  const shown = computed(() => (isWide.value ? wanted.value : overlaid.value))
  const flag = computed(() => (isWide.value ? wanted : overlaid))
  return {
    tab,
    shown,
    onTop: computed(() => !isWide.value),
    toggle: () => { flag.value.value = !flag.value.value },
    next: () => {
      flag.value.value = true
      const all = panels.value
      tab.value = all[(all.indexOf(tab.value) + 1) % all.length] ?? 'family'
    },
    panels,
    suit: (own) => {
      panels.value = own ? [own, ...PANELS] : PANELS
      if (own) tab.value = own
      else if (tab.value === 'request' || tab.value === 'caller') tab.value = 'family'
    },
  }
}
