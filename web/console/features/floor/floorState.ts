/** What each event means for the wallboard. Pure: figures that need a count of the day are fetched again instead. */
import type { AlertRaised, AlertView, StaffEvent } from '../../api/types'
import { reaches } from '../../stores/lists'
import type { FloorView } from './api'

/** Told to screens that watch one conversation; the wall shows nothing of them. */
const ELSEWHERE: ReadonlySet<StaffEvent['type']> = new Set(['entry.appended', 'offer.made', 'offer.ended', 'viewers.changed', 'someone.typed'])

export function concernsFloor(event: StaffEvent): boolean {
  return !ELSEWHERE.has(event.type)
}

/** Applies an event that `me` was told; tells whether the day's figures may have changed by it. */
export function applyToFloor(floor: FloorView, event: StaffEvent, me = ''): boolean {
  switch (event.type) {
    case 'queue.changed':
      put(floor.queues, event.queue, (one) => one.id === event.queue.id)
      return true
    case 'presence.changed':
      put(floor.agents, event.agent, (one) => one.staff_id === event.agent.staff_id)
      return true
    case 'conversation.changed':
      return keepConversation(floor, event.conversation, me)
    case 'alert.raised':
      if (floor.alerts.every((known) => known.id !== event.alert_id)) floor.alerts.unshift(alertOf(event))
      return false
    case 'alert.changed':
      if (event.alert.ended_at) floor.alerts = floor.alerts.filter((one) => one.id !== event.alert.id)
      else put(floor.alerts, event.alert, (one) => one.id === event.alert.id)
      return false
    case 'notice.posted':
      put(floor.notices, event.notice, (one) => one.id === event.notice.id, true)
      return true
    case 'notice.acknowledged': {
      const notice = floor.notices.find((one) => one.id === event.notice_id)
      if (notice && !notice.seen_by.includes(event.staff_id)) notice.seen_by.push(event.staff_id)
      return false
    }
    case 'schedule.changed':
    case 'roster.changed':
    case 'supervisor.acted':
      return true
    case 'entry.appended':
    case 'offer.made':
    case 'offer.ended':
    case 'viewers.changed':
    case 'someone.typed':
    case 'assist.changed':
    case 'call.changed':
    case 'parcel.changed':
    case 'condition.changed':
    case 'incident.changed':
      return false
    default:
      return false
  }
}

function keepConversation(floor: FloorView, now: FloorView['conversations'][number], me: string): boolean {
  const known = floor.conversations.find((one) => one.id === now.id)
  if (known && known.version >= now.version) return false
  const moved = known?.status !== now.status || known.assignee_id !== now.assignee_id || known.queue_id !== now.queue_id
  const isSeen = reaches(floor.seen_queue_ids, now.queue_id) || now.assignee_id === me
  if (isSeen && (now.status === 'waiting' || now.status === 'active')) put(floor.conversations, now, (one) => one.id === now.id)
  else floor.conversations = floor.conversations.filter((one) => one.id !== now.id)
  return moved
}

function put<Thing>(list: Thing[], thing: Thing, same: (one: Thing) => boolean, first = false): void {
  const at = list.findIndex(same)
  if (at >= 0) list[at] = thing
  else if (first) list.unshift(thing)
  else list.push(thing)
}

function alertOf(event: AlertRaised): AlertView {
  const { alert_id: id, code, stage, conversation_id, staff_id, queue_id, at } = event
  return {
    id, code, stage, conversation_id, staff_id, queue_id,
    raised_at: at, acknowledged_at: null, acknowledged_by: '', escalated_at: null, ended_at: null,
  }
}
