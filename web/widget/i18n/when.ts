/** Times as a parent reads them: always the clinic's time, the day always named. */
import { clock, dayKey, daysBetween } from '@shared/time'
import type { Language } from '../core/types'
import { t } from './index'

const ZONE = 'Asia/Shanghai'

/** `今天 14:30`, `明天 08:00`, `11月23日周一 08:00` */
export function moment(at: string, now: Date, language: Language): string {
  return `${dayName(at, now, language)} ${clock(at)}`
}

export function dayName(at: string, now: Date, language: Language): string {
  const distance = daysBetween(now, at)
  if (distance === 0) return t('when.today')
  if (distance === 1) return t('when.tomorrow')
  if (distance === -1) return t('when.yesterday')
  const year = dayKey(at).slice(0, 4) === dayKey(now).slice(0, 4) ? undefined : 'numeric'
  const weekday = Math.abs(distance) < 7 ? 'short' : undefined
  const month = language === 'zh' ? 'long' : 'short'
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    timeZone: ZONE,
    year,
    month,
    day: 'numeric',
    weekday,
  }).format(new Date(at))
}

export { clock, daysBetween }
