/** The lock of this page's screen, and what is asked about it. */
import type { Schemas } from '@contract'
import { createIdleLock } from '@shared/lock/idleLock'
import { ApiError } from '../../api'
import { get, post } from '../../api/client'
import { useSession } from '../../stores/session'

export type LockView = Schemas['LockView']

const LOCK = '/api/auth/lock'

export const fetchLock = (): Promise<LockView> => get(LOCK)
export const lockNow = (): Promise<void> => post(LOCK)
export const openLock = (password: string): Promise<void> => post(`${LOCK}/open`, { password })

const ways = {
  ask: fetchLock,
  tell: (): Promise<LockView> => post(`${LOCK}/deed`),
  isSilence: (error: unknown): boolean => error instanceof ApiError && error.mayHaveBeenLost,
}

export const lock = createIdleLock(ways, () => {
  // A page that was loaded while the screen was locked has nothing yet.
  if (!useSession().me) location.reload()
})
