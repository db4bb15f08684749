/** Accounts, rights and one's own sessions. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, put } from '../../api/client'

export type AccountsPage = Schemas['AccountsPage']
export type Account = Schemas['AccountView']
export type Role = Schemas['Role']
export type NewAccount = Schemas['OpenAccount']
export type GivenPassword = Schemas['GivenPassword']
export type OwnSession = Schemas['OwnSessionView']

const ACCOUNTS = '/api/console/accounts'
const of = (id: string): string => `${ACCOUNTS}/${encodeURIComponent(id)}`

export const fetchAccounts = (): Promise<AccountsPage> => get(ACCOUNTS)
export const openAccount = (wanted: NewAccount): Promise<GivenPassword> => post(ACCOUNTS, wanted)
export const giveRoles = (id: string, roles: readonly string[]): Promise<void> => put(`${of(id)}/roles`, { roles })
export const setActive = (id: string, active: boolean): Promise<void> => put(`${of(id)}/active`, { active })
export const resetPassword = (id: string): Promise<GivenPassword> => post(`${of(id)}/password`)
export const signOutEverywhere = (id: string): Promise<void> => post(`${of(id)}/sign-out`)

export const fetchSessions = (): Promise<Schemas['OwnSessions']> => get('/api/auth/sessions')
export const endSession = (id: string): Promise<void> => post(`/api/auth/sessions/${encodeURIComponent(id)}/end`)
