/** Doctors' requests: their card, what came of an attempt, and the types that an administrator edits. */
import type { Schemas } from '@contract'
import { get, post, put } from '../../api/client'

export type AssistCard = Schemas['AssistCard']
export type AssistRequest = Schemas['AssistRequestView']
export type Leg = Schemas['LegView']
export type GuardianToCall = Schemas['GuardianToCall']
export type CallVisit = Schemas['CallVisit']
export type Report = Schemas['Outcomes']
export type Outcome = Report['outcome']
export type RequestType = Schemas['RequestType']
export type FormField = Schemas['FormField']
export type Consents = Schemas['Consents']
export type Channel = Leg['channel']
export type OpenRequests = Schemas['OpenRequests']
export type RequestTypes = Schemas['RequestTypes']
export type RequestTypeLine = Schemas['RequestTypeLine']

const ASSIST = '/api/console/assist'
const of = (conversationId: string): string => `${ASSIST}/${encodeURIComponent(conversationId)}`

export const fetchCard = (conversationId: string): Promise<AssistCard> => get(of(conversationId))
const ofFamily = (guardianId: string): string => `/api/console/families/${encodeURIComponent(guardianId)}/consents`

export const fetchConsents = (guardianId: string): Promise<Consents> => get(ofFamily(guardianId))
export const noteConsent = (guardianId: string, channel: Channel, given: boolean): Promise<Consents> =>
  put(ofFamily(guardianId), { channel, given })

export const fetchOpen = (): Promise<OpenRequests> => get(`${ASSIST}/open`)
export const reportOutcome = (conversationId: string, what: Report): Promise<AssistRequest> =>
  post(`${of(conversationId)}/outcome`, what)

export const fetchTypes = (): Promise<RequestTypes> => get(`${ASSIST}/types`)
export const putType = (type: RequestType, expected: number): Promise<RequestTypes> =>
  put(`${ASSIST}/types/${encodeURIComponent(type.key)}`, { expected, type })
