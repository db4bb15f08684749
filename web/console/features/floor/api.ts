/** The floor's commands and questions. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, put } from '../../api/client'

export type FloorView = Schemas['FloorView']
export type DeskFigures = Schemas['DeskFigures']
export type QueueFigures = Schemas['QueueFigures']
export type RateView = Schemas['RateView']
export type PulseSession = Schemas['PulseSession']
export type StaffingQuarter = Schemas['StaffingQuarter']
export type ActionView = Schemas['ActionView']
export type DeliveryView = Schemas['DeliveryView']
export type AgentState = Schemas['SetAgentState']['state']
export type WorkClass = Schemas['Reprioritise']['to']
export type HandKind = Schemas['SetHours']['kind']
export type Target = Pick<Schemas['MoveWork'], 'target_kind' | 'target_id'>

const FLOOR = '/api/console/floor'
const ofQueue = (id: string): string => `${FLOOR}/queues/${encodeURIComponent(id)}`
const ofWork = (id: string): string => `${FLOOR}/conversations/${encodeURIComponent(id)}`

export const fetchFloor = (): Promise<FloorView> => get(FLOOR)
export const setHours = (queueId: string, kind: HandKind, endsAt: string, reason: string): Promise<void> =>
  post(`${ofQueue(queueId)}/hours`, { kind, ends_at: endsAt, reason })
export const followSchedule = (queueId: string, reason: string): Promise<void> => post(`${ofQueue(queueId)}/follow`, { reason })
export const setAgentState = (staffId: string, state: AgentState, reason: string): Promise<unknown> =>
  put(`${FLOOR}/agents/${encodeURIComponent(staffId)}/state`, { state, reason })
export const postNotice = (queueId: string | null, text: string): Promise<unknown> => post(`${FLOOR}/notices`, { queue_id: queueId, text })
export const moveWork = (id: string, target: Target, reason: string): Promise<unknown> => post(`${ofWork(id)}/move`, { ...target, reason })
export const setPriority = (id: string, to: WorkClass, reason: string): Promise<unknown> => post(`${ofWork(id)}/priority`, { to, reason })
export const joinWork = (id: string): Promise<unknown> => post(`${ofWork(id)}/join`)
export const leaveWork = (id: string): Promise<unknown> => post(`${ofWork(id)}/leave`)
export const whisper = (id: string, clientKey: string, text: string): Promise<unknown> =>
  post(`${ofWork(id)}/whisper`, { client_key: clientKey, text })
export const takeOver = (id: string, reason: string): Promise<unknown> => post(`${ofWork(id)}/take-over`, { reason })
export const replayPost = (id: string): Promise<void> => post(`${FLOOR}/post/${encodeURIComponent(id)}/replay`)
