/** The questions of the bot's report. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type BotReport = Schemas['BotReport']
export type Figures = Schemas['Figures']
export type DayFigures = Schemas['DayFigures']
export type Answered = Schemas['Answered']
export type Share = Schemas['Share']
export type EvaluationList = Schemas['EvaluationList']
export type EvaluationLine = Schemas['EvaluationLine']
export type EvaluationView = Schemas['EvaluationView']
export type EvaluationReport = Schemas['EvaluationReport']
export type Estimate = Schemas['Estimate']
export type ReliabilityBin = Schemas['ReliabilityBin']
export type CurvePoint = Schemas['CurvePoint']
export type Source = Schemas['AskEvaluation']['source']

/** The last days, or the days between two dates, both included. */
export type Days = { days: number; first: string | null; last: string | null }

const REPORT = '/api/console/kb/report'

export const fetchReport = (days: Days): Promise<BotReport> => get(`${REPORT}/figures`, days)
export const fetchEvaluations = (): Promise<EvaluationList> => get(`${REPORT}/evaluations`)
export const fetchEvaluation = (id: string): Promise<EvaluationView> => get(`${REPORT}/evaluations/${encodeURIComponent(id)}`)
export const askEvaluation = (source: Source, file_name = '', content = ''): Promise<EvaluationView> =>
  post(`${REPORT}/evaluations`, { source, file_name, content })

/** Where the figures are taken out as a table; the cookie opens it. */
export function tableAddress({ days, first, last }: Days): string {
  const asked = new URLSearchParams(first && last ? { first, last } : { days: String(days) })
  return `${REPORT}/figures.csv?${asked.toString()}`
}
