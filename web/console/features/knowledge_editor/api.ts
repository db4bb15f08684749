/** The knowledge editor's commands and questions. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, put, upload, uploadForm } from '../../api/client'

export type EntryRow = Schemas['EntryRow']
export type EntryList = Schemas['EntryList']
export type EntryView = Schemas['EntryView']
export type VersionView = Schemas['VersionView']
export type Tally = Schemas['Tally']
export type Stage = EntryRow['stage']
export type DueMark = EntryRow['due'][number]
export type Audience = EntryRow['audience']
export type EntryForm = Required<Schemas['EntryForm']>
export type Attachment = Required<Schemas['Attachment']>
export type FieldChange = Schemas['FieldChange']
export type Piece = Schemas['Piece']
export type PublicationView = Schemas['PublicationView']
export type PublicationLine = Schemas['PublicationLine']
export type RegressionReport = Schemas['RegressionReport']
export type Finding = Schemas['Finding']
export type Advice = Schemas['Advice']
export type Tried = Schemas['Tried']
export type KeptFile = Schemas['KeptFile']

export type Sought = { q: string; stage: Stage | ''; category: string; due: DueMark | '' }
export type Chosen = { id: string; version: number }

const KB = '/api/console/kb'
const of = (id: string): string => `${KB}/entries/${encodeURIComponent(id)}`

export const fetchEntries = (sought: Sought, offset: number, signal?: AbortSignal): Promise<EntryList> =>
  get(`${KB}/entries`, { ...sought, offset }, signal)
export const fetchTally = (): Promise<Tally> => get(`${KB}/tally`)
export const fetchEntry = (id: string): Promise<EntryView> => get(of(id))
export const createEntry = (content: EntryForm): Promise<EntryView> => post(`${KB}/entries`, { id: '', content })
export const saveEntry = (id: string, version: number, content: EntryForm): Promise<EntryView> =>
  put(of(id), { base_version: version, content })
export const fetchChanges = (id: string, before: number, after: number): Promise<Schemas['Changes']> =>
  get(`${of(id)}/changes`, { before, after })

export const askForReview = (entries: Chosen[]): Promise<Schemas['HowMany']> => post(`${KB}/review`, { entries })
export const sendBack = (one: Chosen, note: string): Promise<EntryView> => post(`${of(one.id)}/send-back`, { version: one.version, note })
export const retireEntry = (one: Chosen): Promise<EntryView> => post(`${of(one.id)}/retire`, { version: one.version })
export const rollBack = (one: Chosen, to: number): Promise<EntryView> => post(`${of(one.id)}/roll-back`, { version: one.version, to })

export const approve = (entries: Chosen[]): Promise<Schemas['HowMany']> => post(`${KB}/approve`, { entries })
export const publish = (entries: Chosen[]): Promise<PublicationView> => post(`${KB}/publications`, { entries })
export const publishAlone = (entries: Chosen[], reason: string): Promise<PublicationView> => post(`${KB}/publications/alone`, { entries, reason })
export const fetchPublications = (): Promise<Schemas['PublicationList']> => get(`${KB}/publications`)
export const fetchPublicationOf = (id: string): Promise<PublicationView> => get(`${KB}/publications/${id}`)
export const undoPublication = (id: string): Promise<PublicationView> => post(`${KB}/publications/${id}/undo`)
export const fetchPublication = (): Promise<Schemas['LatestPublication']> => get(`${KB}/publications/latest`)
export const overridePublication = (id: string, reason: string): Promise<PublicationView> =>
  post(`${KB}/publications/${id}/override`, { reason })
export const withdrawPublication = (id: string): Promise<PublicationView> => post(`${KB}/publications/${id}/withdraw`)

export const fetchAdvice = (id: string, content: EntryForm): Promise<Advice> => post(`${KB}/advice`, { id, content })
export const tryQuestion = (text: string): Promise<Tried> => post(`${KB}/try`, { text })
export const uploadFile = (file: File): Promise<KeptFile> => upload(`${KB}/files`, 'file', file)

// ---- files in and out ------------------------------------------------------------------------------------

export type ImportPlan = Schemas['ImportPlan']
export type PlannedRow = Schemas['PlannedRow']

export const planImport = (file: File, replace: boolean): Promise<ImportPlan> => uploadForm(`${KB}/imports/check`, { file, replace: String(replace) })
export const applyImport = (file: File, replace: boolean, fingerprint: string): Promise<Schemas['ImportReport']> =>
  uploadForm(`${KB}/imports`, { file, replace: String(replace), fingerprint })
export const exportAddress = (form: 'csv' | 'xlsx' | 'json'): string => `${KB}/export?form=${form}`
