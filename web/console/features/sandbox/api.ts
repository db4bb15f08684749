/** The sandbox's commands and questions. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type RunList = Schemas['RunList']
export type RunLine = Schemas['RunLine']
export type RunView = Schemas['RunView']
export type Report = Schemas['SimulationReport']
export type Variant = Schemas['VariantReport']
export type Figure = Schemas['Figure']
export type RunRequest = Partial<Schemas['RunRequest']>
export type QueueName = Schemas['QueueName']
export type PolicyVersion = Schemas['PolicyVersion']

const RUNS = '/api/console/sandbox/runs'
const of = (id: string): string => `${RUNS}/${encodeURIComponent(id)}`

export const fetchRuns = (): Promise<RunList> => get(RUNS)
export const fetchRun = (id: string): Promise<RunView> => get(of(id))
export const startRun = (wanted: RunRequest): Promise<RunView> => post(RUNS, wanted)
export const cancelRun = (id: string): Promise<void> => post(`${of(id)}/cancel`)
export const fetchPolicies = async (): Promise<PolicyVersion[]> =>
  (await get<Schemas['PolicyPage']>('/api/console/policy')).versions
