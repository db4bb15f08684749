/** Which answers may be kept on the phone: the page and its built files, never anything about a person. Pure. */

export const PAGE = '/doctor'
const BUILT = '/static/doctor_desk/'
const HASHED = `${BUILT}assets/`

/** `page`: asked for first, kept for a dead network. `built`: its name says its content, so the kept one is as good. */
export type Kind = 'page' | 'built' | 'none'

export type Asked = { method: string; mode: string; url: string }

export function kindOf({ method, mode, url }: Asked, origin: string): Kind {
  const { pathname, origin: from } = new URL(url)
  if (method !== 'GET' || from !== origin) return 'none'
  if (mode === 'navigate' && (pathname === PAGE || pathname.startsWith(`${PAGE}/`))) return 'page'
  return pathname.startsWith(HASHED) ? 'built' : 'none'
}

/** The built files that a page asks for; any other that is kept belonged to an older one. */
export function filesOf(html: string): string[] {
  return [...new Set(html.match(/\/static\/doctor_desk\/assets\/[\w.-]+/g) ?? [])]
}

/** Which request a push tells of; anything else that arrives is told without one. */
export function requestOf(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null || !('request_id' in payload)) return ''
  const { request_id: id } = payload
  return typeof id === 'string' && /^[\w-]{1,40}$/.test(id) ? id : ''
}

export function addressOf(request: string): string {
  return request ? `${PAGE}#request=${request}` : PAGE
}
