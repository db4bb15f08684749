/** The guardrails' questions and commands. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type HelpLines = Schemas['HelpLines']
export type GuardrailWeek = Schemas['GuardrailWeek']
export type FindingView = Schemas['FindingView']
export type KindFigures = Schemas['KindFigures']
export type PersonFigures = Schemas['PersonFigures']
export type Verdict = Schemas['Judge']['verdict']

const GUARDRAILS = '/api/console/guardrails'

export const fetchHelpLines = (): Promise<HelpLines> => get(`${GUARDRAILS}/help-lines`)
export const fetchWeek = (week: string): Promise<GuardrailWeek> => get(GUARDRAILS, { week })
export const judge = (findingId: string, verdict: Verdict): Promise<void> => post(`${GUARDRAILS}/${encodeURIComponent(findingId)}/verdict`, { verdict })

/** Where a week's table is taken out; the cookie opens it. */
export const tableAddress = (week: string): string => `${GUARDRAILS}/table.csv?${new URLSearchParams({ week }).toString()}`
