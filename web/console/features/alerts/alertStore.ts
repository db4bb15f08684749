/** Alerts that nobody has read yet survive a reload of the page. */
import type { Alert } from '../../stores/state'

const PREFIX = 'caredesk.alerts.'
const KEPT_MS = 86_400_000

export function storeAlerts(staffId: string, alerts: readonly Alert[]): void {
  localStorage.setItem(PREFIX + staffId, JSON.stringify(alerts.slice(0, 50)))
}

export function restoreAlerts(staffId: string, now = Date.now()): Alert[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(PREFIX + staffId) ?? '[]')
    return Array.isArray(stored) ? (stored as Alert[]).filter((one) => now - Date.parse(one.at) < KEPT_MS) : []
  } catch {
    return []
  }
}
