/** HTTP to the desk: bearer token, time limit, and every failure as one kind of error. */

const TIME_LIMIT_MS = 15_000

/** A request that did not succeed. `status` 0: no answer came, so nothing is known about what the desk did. */
export class DeskError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly fields: Record<string, unknown> = {},
    readonly retryAfter = 0,
  ) {
    super(code)
  }

  /** Whether the same request may succeed later without a change. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export type Fetch = (address: string, options: RequestInit) => Promise<Response>

export class Api {
  constructor(
    private readonly fetch: Fetch,
    private readonly token: () => string | null,
  ) {}

  async get<T>(path: string): Promise<T> {
    return (await this.call('GET', path)).json() as Promise<T>
  }

  async post<T>(path: string, body: unknown = {}): Promise<T> {
    const response = await this.call('POST', path, JSON.stringify(body))
    return (response.status === 204 ? undefined : await response.json()) as T
  }

  async bytes(path: string): Promise<Blob> {
    return (await this.call('GET', path)).blob()
  }

  headers(): Record<string, string> {
    const token = this.token()
    return token === null ? {} : { Authorization: `Bearer ${token}` }
  }

  private async call(method: string, path: string, body?: string): Promise<Response> {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), TIME_LIMIT_MS)
    const headers = body === undefined ? this.headers() : { ...this.headers(), 'Content-Type': 'application/json' }
    try {
      const response = await this.fetch(`/api/chat${path}`, {
        method,
        headers,
        body,
        signal: stop.signal,
        credentials: 'omit',
        cache: 'no-store',
      })
      if (!response.ok) throw refusal(response.status, await response.text())
      return response
    } catch (fault) {
      throw fault instanceof DeskError ? fault : new DeskError(0, 'network')
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Reads the desk's `{code, fields}`; a proxy in between may answer with something else. */
export function refusal(status: number, text: string): DeskError {
  try {
    const { code, fields = {}, retry_after } = JSON.parse(text) as {
      code: string
      fields?: Record<string, unknown>
      retry_after?: number
    }
    return new DeskError(status, String(code), fields, Number(retry_after ?? fields.retry_after) || 0)
  } catch {
    return new DeskError(status, 'unknown')
  }
}
