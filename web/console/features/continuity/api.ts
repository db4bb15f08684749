/** Commands and questions of incidents. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type IncidentsView = Schemas['IncidentsPage']
export type Course = Schemas['IncidentCourse']
export type Report = Schemas['IncidentReport']
export type EntryKind = Schemas['AddIncidentEntry']['what']

const HOME = '/api/console/incidents'

export const fetchIncidents = (): Promise<IncidentsView> => get(HOME)
export const declareIncident = (kind: string, drill: boolean, reason: string): Promise<Course> => post(HOME, { kind, drill, reason })
export const endIncident = (id: string, text: string): Promise<Report> => post(`${HOME}/${id}/end`, { text })
export const fetchReport = (id: string): Promise<Report> => get(`${HOME}/${id}/report`)

export function addEntry(id: string, what: EntryKind, more: { item?: string; text?: string } = {}): Promise<Course> {
  return post(`${HOME}/${id}/entries`, { what, item: '', text: '', ...more })
}
