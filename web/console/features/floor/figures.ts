/** Figures in words: a rate without anything to judge is a dash, never 100 %. Pure. */
import { t } from '../../i18n'
import type { RateView } from './api'

export function percent(rate: RateView): string {
  return rate.value === null ? t('floor.none') : `${Math.round(rate.value * 100)}%`
}

export function parts(rate: RateView): string {
  return rate.whole === 0 ? '' : t('floor.parts', { part: rate.part, whole: rate.whole })
}

/** Minutes and seconds as on a clock, hours in front when there are any. */
export function waited(seconds: number | null): string {
  if (seconds === null) return t('floor.none')
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** Below this a service level calls for somebody; the server raises the alert by the same limit. */
export const LEVEL_DANGER = 0.75
export const WAIT_LIMIT_SECONDS = 600
