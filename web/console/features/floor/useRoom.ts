/** The room the wall hangs in: dark or light, kept on this computer; the whole screen or a window. */
import { onBeforeUnmount, onMounted, ref, watch } from 'vue'

const STORE = 'caredesk.floor_dark'

export function useRoom() {
  const dark = ref(localStorage.getItem(STORE) === 'yes')
  const full = ref(document.fullscreenElement !== null)

  watch(dark, (on) => { localStorage.setItem(STORE, on ? 'yes' : 'no') })

  function toggleFull(): void {
    // Refused, for example inside a frame, it simply stays a window.
    const done = full.value ? document.exitFullscreen() : document.documentElement.requestFullscreen()
    done.catch(() => undefined)
  }

  const noticed = (): void => { full.value = document.fullscreenElement !== null }
  onMounted(() => { document.addEventListener('fullscreenchange', noticed) })
  onBeforeUnmount(() => { document.removeEventListener('fullscreenchange', noticed) })

  return { dark, full, toggleDark: () => { dark.value = !dark.value }, toggleFull }
}
