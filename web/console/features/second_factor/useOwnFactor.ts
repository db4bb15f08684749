/** One's own second factor in the dialog: how it stands, and the one thing that is being done about it. */
import { ref, shallowRef } from 'vue'
import { toast } from '@shared/ui'
import { ApiError } from '../../api'
import { t, tCode, tError } from '../../i18n'
import { useAttempt } from '../account/useAttempt'
import { confirmFactor, fetchOwnFactor, removeFactor, renewCodes, wantFactor } from './api'
import type { OfferedFactor, OwnFactor } from './api'

/** What a code is asked for before it is done. */
export type Wish = 'replace' | 'renew' | 'remove'

export function useOwnFactor() {
  const own = shallowRef<OwnFactor | null>(null)
  const offered = shallowRef<OfferedFactor | null>(null)
  const codes = shallowRef<string[] | null>(null)
  const wish = ref<Wish | null>(null)
  const { busy, failure, attempt } = useAttempt(wordsFor)

  function begin(): void {
    offered.value = codes.value = null
    wish.value = null
    failure.value = ''
  }

  const load = (): Promise<void> => attempt(async () => { own.value = await fetchOwnFactor() })
  const add = (password: string): Promise<void> => attempt(async () => { offered.value = await wantFactor({ password }) })
  const confirm = (code: string): Promise<void> => attempt(async () => {
    codes.value = (await confirmFactor(code)).codes
    offered.value = null
    toast(t('factor.added'))
  })

  /** Does what is wished for, on a code. */
  const prove = (code: string): Promise<void> => attempt(async () => {
    if (wish.value === 'replace') offered.value = await wantFactor({ code })
    else if (wish.value === 'renew') codes.value = (await renewCodes(code)).codes
    else await removed(code)
    wish.value = null
  })

  async function removed(code: string): Promise<void> {
    await removeFactor(code)
    toast(t('factor.removed'))
    own.value = await fetchOwnFactor()
  }

  return { own, offered, codes, wish, failure, busy, begin, load, add, confirm, prove }
}

function wordsFor(error: unknown): string {
  return error instanceof ApiError && error.code === 'auth.wrong_password' ? tCode('password_fault', 'wrong') : tError(error)
}
