/** The commands and questions of the panels and dialogs around a conversation. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from './client'

export type FamilyCard = Schemas['FamilyCard']
export type ChildView = Schemas['ChildView']
export type AppointmentView = Schemas['AppointmentView']
export type PrescriptionView = Schemas['PrescriptionView']
export type ParcelView = Schemas['ParcelView']
export type TraceView = Schemas['TraceView']
export type RevealField = Schemas['RevealField']
export type Revealed = Schemas['Revealed']
export type KnowledgeHit = Schemas['KnowledgeHit']
export type KnowledgeHits = Schemas['KnowledgeHits']
export type DecisionView = Schemas['DecisionView']
export type CandidateView = Schemas['CandidateView']
export type Decisions = Schemas['Decisions']
export type SearchHit = Schemas['SearchHit']
export type SearchPage = Schemas['SearchPage']
export type Transfer = Schemas['Transfer']
export type Close = Schemas['Close']
export type Changed = Schemas['Changed']

/** A search of the records; empty fields do not matter. Days are the clinic's, both included. */
export type Sought = { text: string; person: string; number: string; since: string; until: string }

const CONSOLE = '/api/console'
const of = (conversationId: string): string => `${CONSOLE}/conversations/${encodeURIComponent(conversationId)}`

export const revealValue = (guardianId: string, wanted: RevealField): Promise<Revealed> =>
  post(`${CONSOLE}/families/${encodeURIComponent(guardianId)}/reveal`, wanted)

export const searchKnowledge = (q: string, signal: AbortSignal): Promise<KnowledgeHits> =>
  get(`${CONSOLE}/knowledge`, { q }, signal)

export const searchRecords = (sought: Sought, cursor: string | null, signal: AbortSignal): Promise<SearchPage> =>
  get(`${CONSOLE}/search`, { ...sought, cursor }, signal)

export const fetchDecisions = (id: string): Promise<Decisions> => get(`${of(id)}/decisions`)
export const transferConversation = (id: string, to: Transfer): Promise<Changed> => post(`${of(id)}/transfer`, to)
export const claimConversation = (id: string, reason: string): Promise<Changed> => post(`${of(id)}/claim`, { reason })
export const closeConversation = (id: string, as: Close): Promise<Changed> => post(`${of(id)}/close`, as)

export const changePassword = (current: string, fresh: string): Promise<void> =>
  post('/api/auth/password', { current, new: fresh })

/** Where a conversation is taken out; the cookie opens it, and its timeline keeps that it was done. */
export const exportAddress = (id: string): string => `${of(id)}/export.json`
export const printAddress = (id: string, language: string): string => `${of(id)}/export.html?language=${language}&inline=true`
