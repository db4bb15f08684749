/** One thing that is being tried about one's account: busy meanwhile, and afterwards the words of what went wrong. */
import { ref } from 'vue'
import type { Ref } from 'vue'

export type Attempt = Readonly<{
  busy: Ref<boolean>
  failure: Ref<string>
  /** Does it; never throws. */
  attempt: (doing: () => Promise<void>) => Promise<void>
}>

/** `wordsFor` says what went wrong, `onFailure` is told of it besides. */
export function useAttempt(wordsFor: (error: unknown) => string, onFailure?: (error: unknown) => void): Attempt {
  const busy = ref(false)
  const failure = ref('')

  async function attempt(doing: () => Promise<void>): Promise<void> {
    busy.value = true
    failure.value = ''
    try {
      await doing()
    } catch (error) {
      failure.value = wordsFor(error)
      onFailure?.(error)
    } finally {
      busy.value = false
    }
  }

  return { busy, failure, attempt }
}
