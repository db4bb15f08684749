/** The floor on the screen: fetched whole after every reconnect, changed by events, figures fetched when they moved. */
import { onBeforeUnmount, onMounted, ref, watch } from 'vue'
import { setServerTime } from '@shared/now'
import { tError } from '../../i18n'
import { onRaw } from '../../live/raw'
import { useSync } from '../../stores/sync'
import { fetchFloor } from './api'
import type { FloorView } from './api'
import { applyToFloor } from './floorState'

/** Several changes in a row ask for the day's figures once. */
const FIGURES_AFTER_MS = 600
const AGAIN_MS = 4000

export function useFloor() {
  const floor = ref<FloorView | null>(null)
  const failure = ref('')
  const sync = useSync()
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let stop = (): void => undefined

  async function load(): Promise<void> {
    const number = ++asked
    clearTimeout(timer)
    timer = undefined
    try {
      const found = await fetchFloor()
      if (number !== asked) return
      setServerTime(found.server_time)
      floor.value = found
      failure.value = ''
    } catch (error) {
      if (number !== asked) return
      failure.value = tError(error)
      loadSoon(AGAIN_MS)
    }
  }

  function loadSoon(pause = FIGURES_AFTER_MS): void {
    timer ??= setTimeout(() => void load(), pause)
  }

  onMounted(() => {
    stop = onRaw((event) => {
      if (floor.value && applyToFloor(floor.value, event)) loadSoon()
    })
    void load()
  })
  // What was told while the line was down is in the snapshot.
  watch(() => sync.isLive, (live) => { if (live) void load() })
  onBeforeUnmount(() => { stop(); clearTimeout(timer); asked += 1 })

  return { floor, failure, load }
}
