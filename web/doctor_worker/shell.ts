/** Which answers may be kept on the doctor's phone, and which request a push tells of. Pure. */
import { filesIn, kindIn } from '@shared/shell'
import type { Asked, Kind, Shell } from '@shared/shell'

export const PAGE = '/doctor'
const SHELL: Shell = { page: PAGE, built: '/static/doctor_desk/' }

export const kindOf = (asked: Asked, origin: string): Kind => kindIn(SHELL, asked, origin)

export const filesOf = (html: string): string[] => filesIn(SHELL, html)

/** Which request a push tells of; anything else that arrives is told without one. */
export function requestOf(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null || !('request_id' in payload)) return ''
  const { request_id: id } = payload
  return typeof id === 'string' && /^[\w-]{1,40}$/.test(id) ? id : ''
}

export function addressOf(request: string): string {
  return request ? `${PAGE}#request=${request}` : PAGE
}
