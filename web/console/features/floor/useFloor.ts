/** The floor on the screen: fetched whole after every reconnect, changed by events, figures fetched when they moved. */
import { onBeforeUnmount, onMounted, ref, watch } from 'vue'
import { setServerTime } from '@shared/now'
import { tError } from '../../i18n'
import { onRaw } from '../../live/raw'
import { useOwn } from '../../stores'
import { useSync } from '../../stores/sync'
import { fetchFloor } from './api'
import type { StaffEvent } from '../../api/types'
import type { FloorView } from './api'
import { applyToFloor, concernsFloor } from './floorState'

/** Several changes in a row ask for the day's figures once. */
const FIGURES_AFTER_MS = 600
const AGAIN_MS = 4000

export function useFloor(fetch: () => Promise<FloorView> = fetchFloor) {
  const floor = ref<FloorView | null>(null)
  const failure = ref('')
  const sync = useSync()
  let asked = 0
  /** What was told while the newest snapshot is on its way: it may have been read before. */
  let meanwhile: StaffEvent[] | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let stop = (): void => undefined

  async function load(): Promise<void> {
    const number = ++asked
    meanwhile = []
    clearTimeout(timer)
    timer = undefined
    try {
      const found = await fetch()
      if (number !== asked) return
      setServerTime(found.server_time)
      show(found)
      failure.value = ''
    } catch (error) {
      if (number !== asked) return
      failure.value = tError(error)
      loadSoon(AGAIN_MS)
    }
  }

  /** An older snapshot never undoes what is known: what came meanwhile is applied to it, and it is asked for once more. */
  function show(found: FloorView): void {
    const missed = meanwhile ?? []
    meanwhile = null
    floor.value = found
    for (const event of missed) applyToFloor(floor.value, event, useOwn().staffId)
    if (missed.length > 0) loadSoon()
  }

  function loadSoon(pause = FIGURES_AFTER_MS): void {
    timer ??= setTimeout(() => void load(), pause)
  }

  onMounted(() => {
    stop = onRaw((event) => {
      if (concernsFloor(event)) meanwhile?.push(event)
      if (floor.value && applyToFloor(floor.value, event, useOwn().staffId)) loadSoon()
    })
    void load()
  })
  // What was told while the line was down is in the snapshot.
  watch(() => sync.isLive, (live) => { if (live) void load() })
  onBeforeUnmount(() => { stop(); clearTimeout(timer); asked += 1 })

  return { floor, failure, load }
}
