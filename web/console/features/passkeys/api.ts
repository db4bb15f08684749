/** Passkeys: one's own, at the door, and before a locked screen. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { usePasskey } from '@shared/passkeys'
import { get, post, put } from '../../api/client'
import type { HalfOpen, Me } from '../../api/types'

export type OwnPasskeys = Schemas['OwnPasskeys']
export type Passkey = Schemas['PasskeyView']

const OWN = '/api/auth/passkeys'
const DOOR = '/api/auth/sign-in/passkey'
const LOCK = '/api/auth/lock/passkey'

export const fetchPasskeys = (): Promise<OwnPasskeys> => get(OWN)
export const wantPasskey = (password: string): Promise<Schemas['PasskeyToMake']> => post(`${OWN}/challenge`, { password })
export const keepPasskey = (made: Schemas['MadePasskey']): Promise<Passkey> => post(OWN, made)
export const renamePasskey = (id: string, name: string): Promise<void> => put(`${OWN}/${encodeURIComponent(id)}`, { name })
export const removePasskey = (id: string): Promise<void> => post(`${OWN}/${encodeURIComponent(id)}/remove`)

/** Whether the desk takes passkeys at this address. */
export const isOffered = async (): Promise<boolean> => (await get<Schemas['SignInWays']>('/api/auth/ways')).passkey

export const signInByPasskey = async (): Promise<Me | HalfOpen> => post(DOOR, await usePasskey(await post(`${DOOR}/challenge`)))
export const openByPasskey = async (): Promise<void> => post(LOCK, await usePasskey(await post(`${LOCK}/challenge`)))
