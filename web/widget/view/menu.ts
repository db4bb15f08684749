/** What is needed now and then: large text, language, earlier conversations, the telephone, the end. */
import { DeskError } from '../core/api'
import { prepare, t } from '../i18n'
import type { Context } from './context'
import { add, button, h, icon } from './dom'
import { openHistory } from './history'

export function openMenu(context: Context): void {
  const { desk, sheets } = context
  const { welcome, language, large, conversation } = desk.state
  const item = (label: string, act: () => void, lang?: string) =>
    button(
      label,
      () => {
        sheets.close()
        act()
      },
      { class: 'menu-item', lang },
    )
  const list = h('div', { class: 'sheet-body menu' })
  add(
    list,
    item(large ? t('menu.normal') : t('menu.large'), () => desk.setLarge(!large)),
    item(t('menu.language'), () => void switchLanguage(context), language === 'zh' ? 'en' : 'zh-CN'),
    item(t('menu.history'), () => void openHistory(context)),
    welcome && callLink(welcome.hotline),
    conversation && conversation.status !== 'closed' && item(t('menu.end'), () => confirmEnd(context)),
    item(t('menu.forget'), () => confirmForget(context)),
  )
  sheets.show(t('menu.title'), list)
}

async function switchLanguage({ desk, attempt }: Context): Promise<void> {
  const language = desk.state.language === 'zh' ? 'en' : 'zh'
  const ready = prepare(language).then((there) => (there ? undefined : Promise.reject(new DeskError(0, 'network'))))
  if (await attempt(ready)) desk.setLanguage(language)
}

function callLink(phone: string): HTMLElement {
  return h('a', { class: 'menu-item', href: `tel:${phone}` }, icon('phone'), t('menu.call', { phone }))
}

function confirmEnd({ desk, sheets, attempt }: Context): void {
  const text = desk.state.conversation?.status === 'waiting' ? t('end.text_waiting') : t('end.text')
  sheets.confirm(t('end.title'), text, t('end.yes'), t('end.no'), () => void attempt(desk.end()))
}

function confirmForget({ desk, sheets }: Context): void {
  sheets.confirm(t('forget.title'), t('forget.text'), t('forget.yes'), t('forget.no'), () => desk.forget())
}
