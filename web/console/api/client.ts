/** One way to the server for every command: token, time limit, and failures as one kind of error. */

const LIMIT_MS = 12_000
const UPLOAD_LIMIT_MS = 60_000
/** Where a wrong password or passkey is no ended session. */
const DOORS: readonly string[] = ['/api/auth/sign-in', '/api/auth/sign-in/passkey', '/api/auth/lock/open', '/api/auth/lock/passkey']

export type ErrorFields = Readonly<Record<string, string | number>>

/** What went wrong, by code; the words are in the word files. `network` means that nobody knows whether it arrived. */
export class ApiError extends Error {
  readonly code: string
  readonly status: number
  readonly fields: ErrorFields
  readonly requestId: string

  constructor(code: string, about: { status?: number; fields?: ErrorFields; requestId?: string } = {}) {
    super(code)
    this.code = code
    this.status = about.status ?? 0
    this.fields = about.fields ?? {}
    this.requestId = about.requestId ?? ''
  }

  /** The command may be sent again under the same key: it did not arrive, or nobody knows. */
  get mayHaveBeenLost(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
type Query = Readonly<Record<string, string | number | null | undefined>>

let csrfToken = ''
let onSignedOut: () => void = () => undefined
let onLocked: () => void = () => undefined
let renewToken: () => Promise<boolean> = () => Promise.resolve(false)

/** The token that writes carry; given by sign-in. */
export function setCsrfToken(token: string): void {
  csrfToken = token
}

/** Called when the server no longer knows this session. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener
}

/** Called when the server answers nothing more until the screen is opened. */
export function whenLocked(listener: () => void): void {
  onLocked = listener
}

/** Called when the token is not this session's: another tab has signed in anew. True: there is a new one, try again. */
export function whenTokenIsStale(renewal: () => Promise<boolean>): void {
  renewToken = renewal
}

/** A question that is no longer of interest is given up by its `signal`. */
export function get<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  return request<Answer>('GET', withQuery(path, query), undefined, signal)
}

export function post<Answer = void>(path: string, body: unknown = {}): Promise<Answer> {
  return request<Answer>('POST', path, JSON.stringify(body))
}

export function put<Answer = void>(path: string, body: unknown): Promise<Answer> {
  return request<Answer>('PUT', path, JSON.stringify(body))
}

export function remove<Answer = void>(path: string): Promise<Answer> {
  return request<Answer>('DELETE', path)
}

export function upload<Answer>(path: string, field: string, file: Blob): Promise<Answer> {
  const form = new FormData()
  form.append(field, file, file instanceof File ? file.name : 'picture.jpg')
  return request<Answer>('POST', path, form)
}

/** A form with a file and words. */
export function uploadForm<Answer>(path: string, fields: Readonly<Record<string, string | File>>): Promise<Answer> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return request<Answer>('POST', path, form)
}

async function request<Answer>(method: Method, path: string, body?: string | FormData, given?: AbortSignal): Promise<Answer> {
  const first = await attempt<Answer>(method, path, body, given)
  if (!(first instanceof ApiError)) return first
  if (first.code === 'auth.screen_locked') onLocked()
  else if (first.status === 401 && !DOORS.includes(path)) onSignedOut()
  if (first.code !== 'auth.csrf' || !(await renewToken())) throw first
  const second = await attempt<Answer>(method, path, body, given)
  if (second instanceof ApiError) throw second
  return second
}

/** Returns what the server said, also when it said no; throws when it said nothing. */
async function attempt<Answer>(method: Method, path: string, body?: string | FormData, given?: AbortSignal): Promise<Answer | ApiError> {
  const response = await reach(method, path, body, given)
  if (!response.ok) return errorOf(response)
  return (response.status === 204 ? undefined : await parsed(response)) as Answer
}

async function reach(method: Method, path: string, body?: string | FormData, given?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrfToken
  if (typeof body === 'string') headers['Content-Type'] = 'application/json'
  const limit = AbortSignal.timeout(body instanceof FormData ? UPLOAD_LIMIT_MS : LIMIT_MS)
  const signal = given ? AbortSignal.any([limit, given]) : limit
  try {
    return await fetch(path, { method, headers, body, signal, credentials: 'same-origin' })
  } catch {
    throw new ApiError('network')
  }
}

async function parsed(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    throw new ApiError('network')
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const about: unknown = await response.json().catch(() => null)
  const given = isErrorBody(about) ? about : { code: `http.${response.status}`, fields: {}, request_id: '' }
  return new ApiError(given.code, { status: response.status, fields: given.fields, requestId: given.request_id })
}

function isErrorBody(about: unknown): about is { code: string; fields: ErrorFields; request_id: string } {
  return typeof about === 'object' && about !== null && 'code' in about && typeof about.code === 'string'
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  if (given.length === 0) return path
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`
}
