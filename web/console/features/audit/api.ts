/** The audit's questions and commands. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type AuditState = Schemas['AuditState']
export type AuditLine = Schemas['AuditLine']
export type AuditPage = Schemas['AuditPage']
export type AuditDetail = Schemas['AuditDetail']
export type Check = NonNullable<AuditState['check']>

/** A search of the audit; empty fields do not matter. Days are the clinic's, both included. */
export type Sought = { who: string; deed: string; subject: string; why: string; since: string; until: string }

const AUDIT = '/api/console/audit'

export const fetchState = (): Promise<AuditState> => get(AUDIT)
export const searchAudit = (sought: Sought, before: number | null): Promise<AuditPage> => get(`${AUDIT}/entries`, { ...sought, before })
export const fetchEntry = (number: number): Promise<AuditDetail> => get(`${AUDIT}/entries/${String(number)}`)
export const askForCheck = (): Promise<void> => post(`${AUDIT}/checks`)

/** Where the audit is taken out; the cookie opens it. */
export function exportAddress({ since, until }: Sought): string {
  const days = Object.entries({ since, until }).filter(([, day]) => day !== '')
  return days.length === 0 ? `${AUDIT}/export` : `${AUDIT}/export?${new URLSearchParams(days).toString()}`
}
