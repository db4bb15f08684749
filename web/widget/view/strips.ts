/** Lines under the bar that must not be missed: an emergency, a broken connection. */
import type { Contact, LinkState } from '../core/state'
import type { EmergencyBody } from '../core/types'
import { t, type Word } from '../i18n'
import type { Context, Part } from './context'
import { add, empty, h, icon, say, show } from './dom'

const WORDS: Record<LinkState, Word | null> = {
  idle: null,
  live: null,
  polling: 'link.polling',
  connecting: 'link.connecting',
  unreachable: 'link.unreachable',
  offline: 'link.offline',
}

export function strips({ desk }: Context): Part {
  const words = h('span')
  const ways = h('span', { class: 'ways' })
  const link = h('p', { class: 'strip connection', role: 'status', hidden: true }, icon('alert'), words, ways)
  const emergency = h('p', { class: 'strip emergency', hidden: true })
  const incident = h('p', { class: 'strip incident', role: 'status', hidden: true })
  return {
    element: h('div', { class: 'strips' }, emergency, incident, link),
    update() {
      const { stalled, failed, link: line, welcome, language } = desk.state
      say(incident, welcome?.notice?.[language] ?? '')
      show(incident, !!welcome?.notice)
      const state = desk.isOffline() ? 'offline' : failed ? 'unreachable' : line
      const key = stalled && state !== 'offline' ? 'link.stalled' : WORDS[state]
      say(words, key ? t(key) : '')
      show(link, key !== null)
      drawWays(ways, key === 'link.stalled' || state === 'unreachable' || state === 'offline' ? desk.state.contact : null)
      const phone = emergencyPhone(desk.state)
      if (phone !== null && emergency.hidden) drawEmergency(emergency, phone)
      show(emergency, phone !== null)
    },
  }
}

/** How else the hospital is reached, while this page does not reach it. */
function drawWays(ways: HTMLElement, contact: Contact | null): void {
  const { hotline, mail } = contact ?? { hotline: '', mail: '' }
  if (ways.dataset.shown === hotline + mail) return
  ways.dataset.shown = hotline + mail
  empty(ways)
  add(ways, hotline && h('a', { href: `tel:${hotline}` }, t('menu.call', { phone: hotline })), mail && h('a', { href: `mailto:${mail}` }, mail))
}

function emergencyPhone({ messages, conversation }: Context['desk']['state']): string | null {
  const bodies = messages.filter((one) => one.conversation_id === conversation?.id).map((one) => one.body)
  return bodies.find((body): body is EmergencyBody => body.kind === 'emergency')?.phone ?? null
}

function drawEmergency(strip: HTMLElement, phone: string): void {
  empty(strip)
  add(strip, icon('alert'), h('a', { href: `tel:${phone}` }, t('emergency.strip', { phone })))
}
