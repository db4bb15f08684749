/** What alerts and notices mean for the screen's state: the same rules as `apply.ts`, for what supervisors set going. */
import type { AlertChanged, AlertRaised, AlertView, NoticeView } from '../api/types'
import type { Alert, DeskState } from '../stores/state'

const ALERTS_KEPT = 100

export type FloorEffect = { do: 'announce_alert'; alert: Alert } | { do: 'announce_notice'; notice: NoticeView }

/** An alert that still calls its agent is not yet the supervisors' business. */
export function raiseAlert(state: DeskState, event: AlertRaised): FloorEffect[] {
  const about = event.conversation_id ?? event.queue_id ?? event.staff_id ?? ''
  const id = event.alert_id || `${event.code}:${about}:${event.at}`
  if (state.alerts.list.some((known) => known.id === id)) return []
  if (event.stage === 'agent' && event.staff_id !== state.own.staffId) return []
  return [addAlert(state, {
    id,
    code: event.code,
    conversationId: event.conversation_id,
    staffId: event.staff_id,
    queueId: event.queue_id,
    at: event.at,
    acknowledged: false,
  })]
}

/** Acknowledged by somebody, escalated to me, or over. */
export function changeAlert(state: DeskState, { alert }: AlertChanged): FloorEffect[] {
  const known = state.alerts.list.find((one) => one.id === alert.id)
  if (alert.ended_at) {
    state.alerts.list = state.alerts.list.filter((one) => one.id !== alert.id)
    return []
  }
  if (known) {
    known.acknowledged = alert.acknowledged_at !== null
    return []
  }
  return alert.stage === 'agent' || alert.acknowledged_at ? [] : [addAlert(state, alertOf(alert))]
}

function addAlert(state: DeskState, alert: Alert): FloorEffect {
  state.alerts.list.unshift(alert)
  state.alerts.list.splice(ALERTS_KEPT)
  return { do: 'announce_alert', alert }
}

/** The server's list replaces mine: what ended while I was away is gone, what was raised is there. */
export function loadAlerts(state: DeskState, alerts: readonly AlertView[]): void {
  const mine = alerts.filter((alert) => alert.stage !== 'agent' || alert.staff_id === state.own.staffId)
  state.alerts.list = mine.map(alertOf)
}

function alertOf(alert: AlertView): Alert {
  return {
    id: alert.id,
    code: alert.code,
    conversationId: alert.conversation_id,
    staffId: alert.staff_id,
    queueId: alert.queue_id,
    at: alert.raised_at,
    acknowledged: alert.acknowledged_at !== null,
  }
}

export function keepNotice(state: DeskState, notice: NoticeView): FloorEffect[] {
  if (state.alerts.notices.some((known) => known.id === notice.id)) return []
  state.alerts.notices.unshift(notice)
  return [{ do: 'announce_notice', notice }]
}

export function noteSeen(state: DeskState, noticeId: string, staffId: string): FloorEffect[] {
  const notice = state.alerts.notices.find((one) => one.id === noticeId)
  if (notice && !notice.seen_by.includes(staffId)) notice.seen_by.push(staffId)
  return []
}
