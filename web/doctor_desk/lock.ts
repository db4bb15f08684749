/** The lock of the doctor's screen, and what is asked about it. */
import type { Schemas } from '@contract'
import { createIdleLock } from '@shared/lock/idleLock'
import { usePasskey } from '@shared/passkeys'
import { ApiError, get, post } from './api'

export type LockView = Schemas['LockView']

const LOCK = '/api/auth/lock'

export const fetchLock = (): Promise<LockView> => get(LOCK)
export const openLock = (password: string): Promise<void> => post(`${LOCK}/open`, { password })
export const openByPasskey = async (): Promise<void> => post(`${LOCK}/passkey`, await usePasskey(await post(`${LOCK}/passkey/challenge`)))

const ways = {
  ask: fetchLock,
  tell: (): Promise<LockView> => post(`${LOCK}/deed`),
  isSilence: (error: unknown): boolean => error instanceof ApiError && (error.status === 0 || error.status >= 502),
}

let listener: () => void = () => undefined

/** Called when the screen is open again, by whichever tab. */
export function whenOpened(given: () => void): void {
  listener = given
}

export const lock = createIdleLock(ways, () => { listener() })
