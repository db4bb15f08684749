import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import { serverNow } from '@shared/now'
import { tError } from '../../i18n'

export type Refreshed<T> = { found: ShallowRef<T | null>; failure: Ref<string>; /** When it was fetched last. */ at: Ref<number | null>; load: () => Promise<void> }

/** What is fetched at once and again every so many milliseconds while the page is looked at; a failure in words. */
export function useRefreshed<T>(fetchIt: () => Promise<T>, everyMs: number): Refreshed<T> {
  const found = shallowRef<T | null>(null)
  const failure = ref('')
  const at = ref<number | null>(null)
  let again: ReturnType<typeof setInterval> | undefined

  async function load(): Promise<void> {
    try {
      found.value = await fetchIt()
      failure.value = ''
      at.value = serverNow()
    } catch (error) {
      failure.value = tError(error)
    }
  }

  onMounted(() => {
    void load()
    again = setInterval(() => { if (document.visibilityState === 'visible') void load() }, everyMs)
  })
  onBeforeUnmount(() => { clearInterval(again) })
  return { found, failure, at, load }
}
