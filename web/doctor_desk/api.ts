/** The doctor's few questions to the server, and failures as one kind of error. */
import type { Schemas } from '@contract'
import { usePasskey } from '@shared/passkeys'
import type { Wish } from './outbox'
import type { AssistRequest, RequestType } from './requests'

export type DoctorDay = Schemas['DoctorDay']
export type DoctorSession = Schemas['DoctorSession']
export type PatientLine = Schemas['PatientLine']
export type QueueState = Schemas['QueueState']
export type Me = Schemas['Me']
export type HalfOpen = Schemas['HalfOpen']
export type Message = Schemas['PatientMessage']
export type RequestTalk = Schemas['RequestTalk']

/** The code of a screen that nobody has touched for too long. */
export const LOCKED = 'auth.screen_locked'

/** A bad network answers late or not at all; the screen must say so before a doctor wonders. */
const LIMIT_MS = 10_000

/** What went wrong, by code; `network` means that no answer came. */
export class ApiError extends Error {
  readonly code: string
  readonly status: number
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: string, status = 0, fields: Readonly<Record<string, unknown>> = {}) {
    super(code)
    this.code = code
    this.status = status
    this.fields = fields
  }
}

let csrfToken = ''
let onLocked: () => void = () => undefined

/** Called when the server answers nothing more until the screen is opened. */
export function whenLocked(listener: () => void): void {
  onLocked = listener
}

/** Who is signed in, or what comes after the password. */
export async function signIn(login: string, password: string): Promise<Me | HalfOpen> {
  return stepped(await request<Me | HalfOpen>('/api/auth/sign-in', { method: 'POST', body: JSON.stringify({ login, password }) }))
}

export async function showCode(ticket: string, code: string): Promise<Me | HalfOpen> {
  return stepped(await request<Me | HalfOpen>('/api/auth/sign-in/code', { method: 'POST', body: JSON.stringify({ ticket, code }) }))
}

/** Who is signed in by what a device has signed, or what comes next. */
export async function signInByPasskey(): Promise<Me | HalfOpen> {
  const home = '/api/auth/sign-in/passkey'
  return stepped(await post<Me | HalfOpen>(home, await usePasskey(await post(`${home}/challenge`))))
}

function stepped(answer: Me | HalfOpen): Me | HalfOpen {
  return 'ticket' in answer ? answer : kept(answer)
}

export async function signInByToken(token: string): Promise<Me> {
  return kept(await request<Me>('/api/auth/token', { method: 'POST', body: JSON.stringify({ token }) }))
}

/** By which ways one may sign in, beside the password. */
export function fetchWays(): Promise<Schemas['SignInWays']> {
  return request('/api/auth/ways')
}

/** Who is signed in, or null. */
export async function whoAmI(): Promise<Me | null> {
  try {
    return kept(await request<Me>('/api/auth/me'))
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

export function signOut(): Promise<void> {
  return request('/api/auth/sign-out', { method: 'POST', body: '{}' })
}

export function fetchToday(signal: AbortSignal): Promise<DoctorDay> {
  return request('/api/doctor/today', { signal })
}

export type PharmacyLine = Schemas['PharmacyLine']

export async function fetchPharmacy(): Promise<PharmacyLine[]> {
  return (await request<Schemas['PharmacyWork']>('/api/doctor/pharmacy')).lines
}

// ---- what is asked of the assistants -----------------------------------------------------------------------

const REQUESTS = '/api/doctor/requests'

const pathOf = (id: string, what: string): string => `${REQUESTS}/${encodeURIComponent(id)}/${what}`

export const get = <Answer>(path: string): Promise<Answer> => request(path)

export const post = <Answer>(path: string, body: unknown = {}): Promise<Answer> => request(path, { method: 'POST', body: JSON.stringify(body) })

export async function fetchTypes(): Promise<RequestType[]> {
  return (await request<Schemas['RequestKinds']>('/api/doctor/request-types')).types
}

export async function fetchRequests(): Promise<AssistRequest[]> {
  return (await request<Schemas['OwnRequests']>(REQUESTS)).requests
}

export function fetchTalk(id: string): Promise<RequestTalk> {
  return request(`${REQUESTS}/${encodeURIComponent(id)}`)
}

export function raiseRequest(clientKey: string, { typeKey, appointmentId, form, pictures = [] }: Wish): Promise<AssistRequest> {
  return post(REQUESTS, { client_key: clientKey, type_key: typeKey, appointment_id: appointmentId, form, pictures })
}

export function sayToAssistant(clientKey: string, id: string, text: string): Promise<Message> {
  return post(pathOf(id, 'messages'), { client_key: clientKey, text })
}

/** A picture on a slow network takes longer than any other question. */
const UPLOAD_MS = 60_000

export type Picture = Schemas['ShownPicture']

/** Where a picture is: the small form for a list and a talk; the whole one, in a tab of its own, is on the record. */
export const pictureAddress = (id: string, form: 'small' | 'whole' = 'whole'): string =>
  `/api/doctor/pictures/${encodeURIComponent(id)}${form === 'small' ? '?small=true' : ''}`

/** The code with which a picture is refused; when it is not, or nobody answers, something that is none. */
export const whyNotShown = (id: string): Promise<string> =>
  request(pictureAddress(id, 'small')).then(() => '', (error: unknown) => (error instanceof ApiError ? error.code : ''))

export async function uploadPicture(file: Blob): Promise<Picture> {
  const body = new FormData()
  body.append('picture', file)
  const headers = { Accept: 'application/json', 'X-CSRF-Token': csrfToken }
  const options = { method: 'POST', body, headers, credentials: 'same-origin', signal: AbortSignal.timeout(UPLOAD_MS) } as const
  const response = await fetch('/api/doctor/pictures', options).catch(() => { throw new ApiError('network') })
  if (!response.ok) throw await errorOf(response)
  return (await response.json().catch(noAnswer)) as Picture
}

export function showToAssistant(clientKey: string, id: string, pictureId: string): Promise<Message> {
  return post(pathOf(id, 'messages'), { client_key: clientKey, picture_id: pictureId })
}

export function markRead(id: string, upTo: number): Promise<void> {
  return post(pathOf(id, 'read'), { up_to: upTo })
}

export function urgeRequest(id: string): Promise<AssistRequest> {
  return post(pathOf(id, 'urge'))
}

export function withdrawRequest(id: string): Promise<AssistRequest> {
  return post(pathOf(id, 'withdraw'))
}

export function rateRequest(id: string, score: number, comment: string): Promise<AssistRequest> {
  return post(pathOf(id, 'rating'), { score, comment })
}

// ---- trouble -----------------------------------------------------------------------------------------------

/** What fails just now; told also to those who cannot sign in. */
export const fetchCondition = (): Promise<Schemas['DeskCondition']> => request('/api/condition')

export const fetchIncidents = (): Promise<Schemas['OpenIncidents']> => request('/api/doctor/incidents')

// ---- being told while the page is closed --------------------------------------------------------------------

const PUSH = '/api/doctor/push'

export function fetchPush(): Promise<Schemas['PushState']> {
  return request(PUSH)
}

export function allowPush(subscription: Schemas['AllowPush']): Promise<Schemas['PushState']> {
  return request(PUSH, { method: 'PUT', body: JSON.stringify(subscription) })
}

export function stopPush(endpoint: string): Promise<void> {
  return post(`${PUSH}/off`, { endpoint })
}

// ---- asking ------------------------------------------------------------------------------------------------

/** The token of a session whose screen is locked: opening it is a write. */
export function keepToken(token: string): void {
  csrfToken = token
}

/** What the live line shows to be let in. */
export function csrf(): string {
  return csrfToken
}

function kept(me: Me): Me {
  csrfToken = me.csrf_token
  return me
}

async function request<Answer>(path: string, options: RequestInit = {}): Promise<Answer> {
  const response = await reach(path, options)
  if (!response.ok) throw await errorOf(response)
  return (response.status === 204 ? undefined : await response.json().catch(noAnswer)) as Answer
}

async function reach(path: string, { signal, ...options }: RequestInit): Promise<Response> {
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRF-Token': csrfToken }
  const limit = AbortSignal.timeout(LIMIT_MS)
  try {
    const either = signal ? AbortSignal.any([limit, signal]) : limit
    return await fetch(path, { ...options, headers, signal: either, credentials: 'same-origin' })
  } catch {
    throw new ApiError('network')
  }
}

function noAnswer(): never {
  throw new ApiError('network')
}

async function errorOf(response: Response): Promise<ApiError> {
  const about: unknown = await response.json().catch(() => null)
  const isOurs = typeof about === 'object' && about !== null && 'code' in about && typeof about.code === 'string'
  if (!isOurs) return new ApiError('http', response.status)
  const { code, fields } = about as { code: string; fields?: Record<string, unknown> }
  if (code === LOCKED) onLocked()
  return new ApiError(code, response.status, fields)
}
