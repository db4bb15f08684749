/** Second factors: one's own, those that roles must have, and the steps at the door. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, put } from '../../api/client'
import type { HalfOpen, Me } from '../../api/types'

export type OwnFactor = Schemas['OwnFactor']
export type OfferedFactor = Schemas['OfferedFactor']
export type FactorDemand = Schemas['FactorDemandView']

export type EnrolledIn = Schemas['EnrolledIn']

type Codes = Schemas['RecoveryCodes']

const OWN = '/api/auth/second-factor'
const DOOR = '/api/auth/sign-in'
const ACCOUNTS = '/api/console/accounts'

export const fetchOwnFactor = (): Promise<OwnFactor> => get(OWN)
export const wantFactor = (proof: { password?: string; code?: string }): Promise<OfferedFactor> => post(OWN, proof)
export const confirmFactor = (code: string): Promise<Codes> => post(`${OWN}/confirm`, { code })
export const renewCodes = (code: string): Promise<Codes> => post(`${OWN}/codes`, { code })
export const removeFactor = (code: string): Promise<void> => post(`${OWN}/remove`, { code })

export const showCode = (ticket: string, code: string): Promise<Me | HalfOpen> => post(`${DOOR}/code`, { ticket, code })
export const askForFactor = (ticket: string): Promise<OfferedFactor> => post(`${DOOR}/factor`, { ticket })
export const confirmAtDoor = (ticket: string, code: string): Promise<EnrolledIn> => post(`${DOOR}/factor/confirm`, { ticket, code })

/** A password of one's own in place of one that is not, or is too old. */
export const chooseAtDoor = (ticket: string, fresh: string): Promise<Me | HalfOpen> => post(`${DOOR}/password`, { ticket, new: fresh })

export const resetFactor = (staffId: string): Promise<void> => post(`${ACCOUNTS}/${encodeURIComponent(staffId)}/reset-factor`)
export const fetchDemands = (): Promise<Schemas['FactorDemands']> => get(`${ACCOUNTS}/demands`)
export const putDemands = (demands: Schemas['DemandFactor'][]): Promise<void> => put(`${ACCOUNTS}/demands`, { demands })
