/** A queue's hours in words: open until when, closed until when. */
import { dayAndClock } from '@shared/time'
import type { QueueState } from '../../api/types'
import { language, t } from '../../i18n'

export function queueName(queue: Pick<QueueState, 'name' | 'name_en'> | undefined): string {
  if (!queue) return ''
  return language.value === 'en' && queue.name_en ? queue.name_en : queue.name
}

const WEEK = 7 * 86_400_000

export function nextChangeWords(queue: QueueState, now: number): string {
  const at = queue.open ? queue.next_change : (queue.next_open ?? queue.next_change)
  // A closing beyond the coming week is where the schedule ends that is known today, not an hour to tell anybody.
  if (!at || (queue.open && Date.parse(at) - now > WEEK)) return queue.open ? t('queue.open_all_day') : t('queue.no_next_open')
  return t(queue.open ? 'queue.closes_at' : 'queue.opens_at', { at: dayAndClock(at, now, language.value) })
}
