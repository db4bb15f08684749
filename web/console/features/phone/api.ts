/** Telephones and calls: the desk's questions and commands. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, put, remove } from '../../api/client'
import type { CallView } from '../../api/types'

export type { CallView } from '../../api/types'
export type PhoneView = Schemas['PhoneView']
export type PhoneKind = 'browser' | 'desk'
export type CallerView = Schemas['CallerView']

const PHONE = '/api/desk/phone'
const CALLS = '/api/desk/calls'
const of = (conversationId: string): string => `${CALLS}/${encodeURIComponent(conversationId)}`

export const fetchPhone = (): Promise<PhoneView> => get(PHONE)
/** A new password of one of my telephones, told this once. */
export const issueSecret = (kind: PhoneKind): Promise<Schemas['PhoneSecret']> => post(`${PHONE}/secret`, { kind })
export const fetchCall = (conversationId: string): Promise<CallView> => get(of(conversationId))
/** Who calls: this guardian, or with null none of those whose number it may be; and taking that back. */
export const sayWhoCalls = (conversationId: string, guardianId: string | null): Promise<CallerView> => put(`${of(conversationId)}/caller`, { guardian_id: guardianId })
export const takeBackWhoCalls = (conversationId: string): Promise<CallerView> => remove(`${of(conversationId)}/caller`)
export const fetchCaller = (conversationId: string): Promise<CallerView> => get(`${of(conversationId)}/caller`)

/** What needs nothing but the call. */
export type Deed = 'hold' | 'resume' | 'hangup' | 'complete' | 'cancel-consult'
export const ask = (conversationId: string, deed: Deed): Promise<CallView> => post(`${of(conversationId)}/${deed}`)

export type CallOut = { number?: string; guardian_id?: string; request_id?: string; conversation_id?: string }
export type HandOver = { target_kind: 'agent' | 'queue'; target_id: string; note: string }

export const startCall = (whom: CallOut): Promise<CallView> => post(CALLS, whom)
export const sendDigits = (conversationId: string, digits: string): Promise<CallView> => post(`${of(conversationId)}/digits`, { digits })
export const transferCall = (conversationId: string, to: HandOver): Promise<CallView> => post(`${of(conversationId)}/transfer`, to)
export const consult = (conversationId: string, staffId: string): Promise<CallView> => post(`${of(conversationId)}/consult`, { staff_id: staffId })

export type Beside = 'listen' | 'whisper' | 'join'
export const standBeside = (conversationId: string, mode: Beside): Promise<CallView> => post(`${of(conversationId)}/listen`, { mode })
