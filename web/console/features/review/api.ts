/** The review's commands and questions. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type ReviewList = Schemas['ReviewList']
export type ClusterLine = Schemas['ClusterLine']
export type ClusterView = Schemas['ClusterView']
export type QuestionLine = Schemas['QuestionLine']
export type EntryRef = Schemas['EntryRef']
export type JudgedLine = Schemas['JudgedLine']
export type ClusterState = 'open' | 'done' | 'dismissed'
export type Dismissal = Schemas['Dismissal']['kind']
export type NewEntry = Required<Schemas['EntryFromCluster']>

const REVIEW = '/api/console/kb/review'
const of = (id: string): string => `${REVIEW}/clusters/${encodeURIComponent(id)}`

export const JUDGED_ADDRESS = `${REVIEW}/judged.csv`
export const fetchClusters = (state: ClusterState): Promise<ReviewList> => get(`${REVIEW}/clusters`, { state })
export const fetchCluster = (id: string): Promise<ClusterView> => get(of(id))
export const collectNow = (): Promise<void> => post(`${REVIEW}/collect`)
export const makeEntry = (id: string, entry: NewEntry): Promise<Schemas['MadeEntry']> => post(`${of(id)}/entry`, entry)
export const addSimilar = (id: string, questionIds: string[], entryId: string): Promise<Schemas['MadeEntry']> =>
  post(`${of(id)}/similar`, { question_ids: questionIds, entry_id: entryId })
export const judge = (id: string, questionIds: string[], expected: string): Promise<void> =>
  post(`${of(id)}/judgement`, { question_ids: questionIds, expected })
export const dismiss = (id: string, kind: Dismissal): Promise<void> => post(`${of(id)}/dismiss`, { kind })
export const reopen = (id: string): Promise<void> => post(`${of(id)}/reopen`)
export const fetchJudged = (): Promise<Schemas['JudgedList']> => get(`${REVIEW}/judged`)
export const withdrawJudged = (id: string): Promise<void> => post(`${REVIEW}/judged/${encodeURIComponent(id)}/withdraw`)

/** Published entries near to some words, found by the bot's own engine. */
export const searchEntries = async (q: string, signal: AbortSignal): Promise<EntryRef[]> => {
  const found = await get<Schemas['KnowledgeHits']>('/api/console/knowledge', { q }, signal)
  return found.hits.map(({ entry_id, question, category }) => ({ id: entry_id, question, category }))
}
