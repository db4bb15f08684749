/** The bar on top: whose desk this is, who is answering, large text, everything else. */
import { t } from '../i18n'
import type { Context, Part } from './context'
import { add, button, h, icon, say, set } from './dom'
import { openMenu } from './menu'

export function header(context: Context): Part {
  const { desk, close } = context
  const name = h('h1')
  const who = h('p', { class: 'who', role: 'status' })
  const large = button(t('bar.large'), () => desk.setLarge(!desk.state.large), { class: 'bar-button' })
  const menu = button('', () => openMenu(context), { class: 'bar-button', 'aria-label': t('bar.menu') })
  add(menu, icon('more'))
  const element = h('header', { class: 'bar' }, h('span', { class: 'brand' }, icon('heart')), h('div', { class: 'names' }, name, who), large, menu)
  if (close) {
    const away = button('', close, { class: 'bar-button', 'aria-label': t('bar.close') })
    element.appendChild(add(away, icon('close')))
  }
  return {
    element,
    update() {
      const { welcome, language, large: isLarge } = desk.state
      say(name, (language === 'en' ? welcome?.hospital_en : welcome?.hospital) ?? t('page.title'))
      say(who, whoAnswers(context))
      who.className = `who is-${desk.state.conversation?.status ?? 'bot'}`
      set(large, 'aria-pressed', String(isLarge))
    },
  }
}

/** The line that says who is answering. */
export function whoAnswers({ desk }: Context): string {
  const { conversation } = desk.state
  switch (conversation?.status) {
    case 'waiting': {
      const ahead = (conversation.wait?.position ?? 1) - 1
      return ahead > 0 ? t('who.waiting', { n: ahead }) : t('who.next')
    }
    case 'active':
      return t('who.active', { name: conversation.agent_name ?? '' })
    case 'message':
      return t('who.message')
    case 'closed':
      return t('who.closed')
    case 'bot':
    case undefined:
      return t('who.bot')
  }
}
