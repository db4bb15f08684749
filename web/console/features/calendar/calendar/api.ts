/** The calendar's commands and questions. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, uploadForm } from '../../api/client'

export type CalendarWeek = Schemas['CalendarWeek']
export type SessionView = Schemas['SessionView']
export type DayView = Schemas['DayView']
export type DepartmentRow = Schemas['DepartmentRow']
export type DoctorRow = Schemas['DoctorRow']
export type Coverage = Schemas['CalendarCoverage']
export type RecordedChange = Schemas['RecordedChange']
export type Difference = Schemas['ScheduleDifference']
export type ChangedSession = Schemas['ChangedSession']
export type ChangeDone = Schemas['ChangeDone']
export type Edit = Partial<Schemas['EditSession']>

const SCHEDULE = '/api/console/schedule'
const undoOf = (id: string): string => `${SCHEDULE}/changes/${encodeURIComponent(id)}/undo`

export const fetchWeek = (first: string, days: number, signal?: AbortSignal): Promise<CalendarWeek> =>
  get(SCHEDULE, { first, days }, signal)
export const fetchCoverage = (first: string, days: number, signal?: AbortSignal): Promise<Coverage> =>
  get(`${SCHEDULE}/coverage`, { first, days }, signal)
export const checkEdits = (edits: Edit[]): Promise<Difference> => post(`${SCHEDULE}/edits/check`, { edits })
export const applyEdits = (edits: Edit[], fingerprint: string): Promise<ChangeDone> =>
  post(`${SCHEDULE}/edits`, { edits, fingerprint })
export const checkFile = (file: File): Promise<Difference> => uploadForm(`${SCHEDULE}/imports/check`, { file })
export const applyFile = (file: File, fingerprint: string): Promise<ChangeDone> =>
  uploadForm(`${SCHEDULE}/imports`, { file, fingerprint })
export const checkUndo = (id: string): Promise<Difference> => get(undoOf(id))
export const applyUndo = (id: string): Promise<ChangeDone> => post(undoOf(id))
