/** The roster's commands and questions. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, uploadForm } from '../../api/client'

export type RosterWeek = Schemas['RosterWeek']
export type RosterAgent = Schemas['RosterAgentView']
export type Shift = Schemas['ShiftView']
export type Leave = Schemas['LeaveView']
export type QueueNeed = Schemas['QueueNeedView']
export type Proposal = Schemas['ProposalView']
export type RosterDone = Schemas['RosterDone']
export type ImportReport = Schemas['ImportedRosterView']
export type Assumptions = Schemas['AssumptionsView']
export type AssumptionsForm = Schemas['AssumptionsForm']
export type OwnShifts = Schemas['OwnShifts']
export type ShiftForm = { id: string; staff_id: string; starts_at: string; ends_at: string; breaks?: { starts_at: string; ends_at: string }[] }
export type LeaveForm = { id: string; staff_id: string; starts_at: string; ends_at: string; reason: string }

const STAFFING = '/api/console/staffing'
const of = (kind: string, id: string, what: string): string => `${STAFFING}/${kind}/${encodeURIComponent(id)}/${what}`

export const fetchWeek = (week: string, signal?: AbortSignal): Promise<RosterWeek> => get(`${STAFFING}/week`, { week }, signal)
export const putShift = (shift: ShiftForm): Promise<RosterDone> => post(`${STAFFING}/shifts`, shift)
export const removeShift = (id: string): Promise<RosterDone> => post(of('shifts', id, 'remove'))
export const putLeave = (leave: LeaveForm): Promise<Leave> => post(`${STAFFING}/leave`, leave)
export const removeLeave = (id: string): Promise<RosterDone> => post(of('leave', id, 'remove'))
export const copyWeek = (source: string, target: string): Promise<RosterDone> => post(`${STAFFING}/copy`, { source, target })
export const undoChange = (id: string): Promise<RosterDone> => post(of('changes', id, 'undo'))
export const askProposal = (week: string): Promise<Proposal> => post(`${STAFFING}/proposals`, { week })
export const applyProposal = (id: string): Promise<Proposal> => post(of('proposals', id, 'apply'))
export const importRoster = (file: File, dryRun: boolean): Promise<ImportReport> => uploadForm(`${STAFFING}/imports`, { file, dry_run: String(dryRun) })
export const fetchAssumptions = (): Promise<Assumptions> => get(`${STAFFING}/assumptions`)
export const changeAssumptions = (change: { version: number; values: AssumptionsForm; note: string }): Promise<Assumptions> => post(`${STAFFING}/assumptions`, change)
export const fetchMine = (): Promise<OwnShifts> => get(`${STAFFING}/mine`)
export const exportPath = (week: string, form: 'xlsx' | 'ics', staffId = ''): string => `${STAFFING}/export?week=${week}&form=${form}${staffId ? `&staff_id=${encodeURIComponent(staffId)}` : ''}`
export const MINE_CALENDAR = `${STAFFING}/mine.ics`
