/** Signing in: one attempt at a time, and what went wrong in words that name the time when it is a lock-out. */
import { computed, ref, shallowRef } from 'vue'
import type { Ref } from 'vue'
import { clock } from '@shared/time'
import { ApiError } from '../../api'
import type { HalfOpen, Me } from '../../api/types'
import { t, tError } from '../../i18n'
import { useSession } from '../../stores/session'

export type SignInForm = {
  login: Ref<string>
  password: Ref<string>
  busy: Ref<boolean>
  trouble: Readonly<Ref<string>>
  /** What is asked for after the password, if anything is. */
  half: Readonly<Ref<HalfOpen | null>>
  /** Whether one is in. */
  submit: () => Promise<boolean>
  /** Takes the answer of a later step; whether one is in. */
  goOn: (answer: Me | HalfOpen) => boolean
  /** Back to the password when a later step is over, saying why. */
  fallBack: (error?: unknown) => void
}

export function useSignIn(): SignInForm {
  const session = useSession()
  const login = ref(session.me?.login ?? '')
  const password = ref('')
  const busy = ref(false)
  const failure = ref<unknown>(null)
  const half = shallowRef<HalfOpen | null>(null)

  async function submit(): Promise<boolean> {
    failure.value = null
    busy.value = true
    try {
      half.value = await session.signIn(login.value.trim(), password.value)
      if (half.value) password.value = ''
      return half.value === null
    } catch (error) {
      failure.value = error
      password.value = ''
      return false
    } finally {
      busy.value = false
    }
  }

  function goOn(answer: Me | HalfOpen): boolean {
    half.value = session.goOn(answer)
    return half.value === null
  }

  function fallBack(error?: unknown): void {
    if (error !== undefined && !(error instanceof ApiError && error.code === 'auth.sign_in_over')) return
    half.value = null
    failure.value = error ?? null
  }

  const trouble = computed(() => (failure.value ? wordsFor(failure.value) : ''))
  return { login, password, busy, trouble, half, submit, goOn, fallBack }
}

const LOCKS = { 'auth.locked': 'sign_in.locked', 'auth.address_locked': 'sign_in.address_locked' } as const
const isLock = (code: string): code is keyof typeof LOCKS => code in LOCKS

/** What went wrong at the door; a lock names its end. */
export function wordsFor(error: unknown): string {
  if (!(error instanceof ApiError) || !isLock(error.code)) return tError(error)
  return t(LOCKS[error.code], { clock: clock(String(error.fields.until)) })
}
