/** The place in the queue: people first, minutes when they can be told honestly. */
import type { PatientConversation, WaitEstimate } from '../core/types'
import { t } from '../i18n'
import type { Context } from './context'
import { h, icon } from './dom'
import type { Row } from './rows'

export function waitRow(_: Context, { id, wait }: PatientConversation): Row {
  return { key: `wait:${id}`, signature: JSON.stringify(wait), draw: () => card(wait) }
}

function card(wait: WaitEstimate | null): HTMLElement {
  const ahead = wait ? wait.position - 1 : 0
  const place = h('strong', { class: 'place' }, ahead > 0 ? t('wait.ahead', { n: ahead }) : t('wait.next'))
  const minutes = h('span', { class: 'minutes' }, minutesWords(wait))
  return h(
    'section',
    { class: 'card waiting' },
    h('h3', {}, icon('clock'), t('wait.title')),
    h('p', {}, place, minutes),
    h('p', { class: 'quiet' }, t('wait.meanwhile')),
  )
}

function minutesWords(wait: WaitEstimate | null): string {
  if (wait === null) return ''
  const { low_minutes: low, high_minutes: high } = wait
  if (low === null || high === null) return t('wait.nobody')
  return low < 1 || low === high ? t('wait.soon', { high: Math.max(1, high) }) : t('wait.minutes', { low, high })
}
