/** Saying that I look after it: at once on my screen, then for everybody. */
import { toast } from '@shared/ui'
import * as api from '../../api'
import { tError } from '../../i18n'
import { useAlerts, useOwn } from '../../stores'
import type { Alert } from '../../stores/state'

export function acknowledge(alert: Pick<Alert, 'id' | 'acknowledged'>): void {
  alert.acknowledged = true
  // Over by now is as good as acknowledged.
  api.acknowledgeAlert(alert.id).catch((error: unknown) => {
    if (error instanceof api.ApiError && error.status === 404) return
    alert.acknowledged = false
    toast(tError(error), 'alarm')
  })
}

export function acknowledgeNotice(noticeId: string): void {
  const own = useOwn().staffId
  const notice = useAlerts().notices.find((one) => one.id === noticeId)
  notice?.seen_by.push(own)
  api.acknowledgeNotice(noticeId).catch((error: unknown) => {
    if (notice) notice.seen_by = notice.seen_by.filter((one) => one !== own)
    toast(tError(error), 'alarm')
  })
}
