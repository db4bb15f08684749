/** The page of erasures and holds: what waits, the family that was looked up, and the one thing that is being done. */
import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { toast } from '@shared/ui'
import { t, tError } from '../../i18n'
import { fetchRetention, previewErasure } from './api'
import type { Preview, RetentionPage } from './api'

const LOOK_AGAIN_MS = 3000

export function useRetention() {
  const page = shallowRef<RetentionPage | null>(null)
  const families = shallowRef<readonly Preview[] | null>(null)
  const phone = ref('')
  const failure = ref('')
  const busy = ref(false)
  let again: ReturnType<typeof setTimeout> | undefined

  /** While an erasure is being done, its end is waited for. */
  async function load(): Promise<void> {
    clearTimeout(again)
    try {
      page.value = await fetchRetention()
      failure.value = ''
    } catch (error) {
      failure.value = tError(error)
    }
    const running = page.value?.erasures.some((one) => one.state === 'allowed' || one.state === 'running')
    if (running) again = setTimeout(() => void load(), LOOK_AGAIN_MS)
  }

  async function attempt(doing: () => Promise<void>): Promise<boolean> {
    busy.value = true
    try {
      await doing()
      return true
    } catch (error) {
      toast(tError(error), 'alarm')
      return false
    } finally {
      busy.value = false
    }
  }

  async function look(): Promise<void> {
    await attempt(async () => {
      families.value = (await previewErasure(phone.value.trim())).families
    })
  }

  /** Does one thing, says that it is done, and shows what has become of it. */
  async function deed(doing: () => Promise<void>, said: Parameters<typeof t>[0]): Promise<boolean> {
    const done = await attempt(doing)
    if (done) toast(t(said))
    await load()
    if (done && families.value) await look()
    return done
  }

  onMounted(() => void load())
  onBeforeUnmount(() => { clearTimeout(again) })
  return { page, families, phone, failure, busy, load, look, deed }
}
