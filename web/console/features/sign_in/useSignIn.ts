/** Signing in: one attempt at a time, and what went wrong in words that name the time when it is a lock-out. */
import { computed, ref } from 'vue'
import type { Ref } from 'vue'
import { clock } from '@shared/time'
import { ApiError } from '../../api'
import { t, tError } from '../../i18n'
import { useSession } from '../../stores/session'

export type SignInForm = {
  login: Ref<string>
  password: Ref<string>
  busy: Ref<boolean>
  trouble: Readonly<Ref<string>>
  /** Whether it worked. */
  submit: () => Promise<boolean>
}

export function useSignIn(): SignInForm {
  const session = useSession()
  const login = ref(session.me?.login ?? '')
  const password = ref('')
  const busy = ref(false)
  const failure = ref<unknown>(null)

  async function submit(): Promise<boolean> {
    failure.value = null
    busy.value = true
    try {
      await session.signIn(login.value.trim(), password.value)
      return true
    } catch (error) {
      failure.value = error
      password.value = ''
      return false
    } finally {
      busy.value = false
    }
  }

  return { login, password, busy, trouble: computed(() => (failure.value ? wordsFor(failure.value) : '')), submit }
}

function wordsFor(error: unknown): string {
  if (!(error instanceof ApiError) || error.code !== 'auth.locked') return tError(error)
  return t('sign_in.locked', { clock: clock(String(error.fields.until)) })
}
