/** Calling several families of a session at once: who can be called, and who comes next. Pure but for its questions. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type SessionToCall = Schemas['SessionToCall']
export type PatientToCall = Schemas['PatientToCall']

export const NEXT = 5
const PATH = '/api/console/assist/sessions'
const ENDED = ['', 'arrived', 'withdrawn', 'closed']

export const fetchSessions = async (): Promise<SessionToCall[]> => (await get<Schemas['SessionsToCall']>(PATH)).sessions
export const callFamilies = async (sessionId: string, appointmentIds: readonly string[], clientKey: string): Promise<number> => {
  const body = { client_key: clientKey, appointment_ids: [...appointmentIds] }
  return (await post<Schemas['OpenRequests']>(`${PATH}/${encodeURIComponent(sessionId)}/calls`, body)).requests.length
}

/** Whoever is not online and is not being called already. */
export function isCallable(patient: PatientToCall): boolean {
  return !patient.online && ENDED.includes(patient.request_state)
}

/** The next of a session, in the order in which the doctor sees them. */
export function nextOf(session: SessionToCall, count = NEXT): string[] {
  return session.patients.filter(isCallable).slice(0, count).map((one) => one.appointment_id)
}

export function awayIn(session: SessionToCall): number {
  return session.patients.filter((one) => !one.online).length
}

/** The session that needs somebody most: running before not yet running, and then where most families are away. */
export function mostAway(sessions: readonly SessionToCall[]): SessionToCall | undefined {
  return [...sessions].sort((a, b) => Number(b.running) - Number(a.running) || awayIn(b) - awayIn(a))[0]
}
