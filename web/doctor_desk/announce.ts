/** What has just happened that a doctor wants to hear of, wherever the eye is. Pure. */
import type { AssistRequest, Requests } from './requests'

export type News = { code: 'arrived' | 'accepted'; fields: { child: string; name: string } }

export function newsOf(before: Requests, now: Requests): News[] {
  return Object.values(now).flatMap((request) => {
    const known = before[request.id]
    // What is seen for the first time has not just happened.
    if (!known || known === request) return []
    const code = changeOf(known, request)
    return code ? [{ code, fields: { child: request.child || request.type, name: request.assignee_name ?? '' } }] : []
  })
}

function changeOf(known: AssistRequest, request: AssistRequest): News['code'] | null {
  if (request.state === 'arrived' && known.state !== 'arrived') return 'arrived'
  const isTaken = request.assignee_name !== null && known.assignee_name !== request.assignee_name
  return isTaken ? 'accepted' : null
}
