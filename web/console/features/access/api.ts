/** Who may open what, and opening for a purpose. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type AccessPage = Schemas['AccessPage']
export type AccessTable = Schemas['AccessTable']
export type RoleReach = Schemas['RoleReach']
export type Reach = Schemas['Reach']
export type Thing = Schemas['Thing']
export type Purpose = Schemas['Purpose']
export type AccessDifference = Schemas['AccessDifference']
export type ReachChange = Schemas['ReachChange']
export type PersonReach = Schemas['PersonReach']
export type Opening = Schemas['OpeningView']
export type OwnAccess = Schemas['OwnAccess']
export type OwnOpening = Schemas['OwnOpening']

const ACCESS = '/api/console/access'

export const fetchAccess = (): Promise<AccessPage> => get(ACCESS)
export const checkAccess = (table: AccessTable): Promise<AccessDifference> => post(`${ACCESS}/check`, { table })
export const saveAccess = (table: AccessTable, expected: number, note: string): Promise<AccessPage> => post(ACCESS, { table, expected, note })
export const reviewOpening = (id: string, verdict: 'fine' | 'questioned'): Promise<void> => post(`${ACCESS}/openings/${encodeURIComponent(id)}/review`, { verdict })

export const fetchOwnAccess = (): Promise<OwnAccess> => get(`${ACCESS}/mine`)
export const openTalk = (number: string, purpose: Purpose, reason: string): Promise<OwnOpening> => post(`${ACCESS}/mine`, { number, purpose, reason })
