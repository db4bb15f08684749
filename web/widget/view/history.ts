/** Earlier conversations of this visitor, to read again. */
import type { PatientConversation } from '../core/types'
import { t } from '../i18n'
import { moment } from '../i18n/when'
import type { Context } from './context'
import { add, button, empty, h, icon } from './dom'
import { rateButton } from './rating'
import { Rows } from './rows'
import { isRatable, messageRows } from './timeline'

export async function openHistory(context: Context): Promise<void> {
  const box = h('div', { class: 'sheet-body history' }, h('p', { class: 'quiet', role: 'status' }, t('page.loading')))
  context.sheets.show(t('history.title'), box)
  await context.attempt(list(context, box))
}

async function list(context: Context, box: HTMLElement): Promise<void> {
  const conversations = await context.desk.history()
  empty(box)
  if (conversations.length === 0) add(box, h('p', { class: 'quiet' }, t('history.none')))
  for (const conversation of conversations) add(box, entry(context, box, conversation))
}

function entry(context: Context, box: HTMLElement, { id, number, created_at, status }: PatientConversation): HTMLElement {
  const { desk, attempt } = context
  const when = moment(created_at, desk.now(), desk.state.language)
  const state = t(status === 'closed' ? 'history.closed' : 'history.now')
  const open = button('', () => void attempt(read(context, box, id)), { class: 'menu-item' })
  const words = h('span', { class: 'grow' }, h('strong', {}, when), h('span', { class: 'quiet' }, t('history.number', { number })))
  return add(open, words, h('span', { class: 'tag' }, state), icon('next'))
}

async function read(context: Context, box: HTMLElement, id: string): Promise<void> {
  const { conversation, messages } = await context.desk.transcript(id)
  const record = h('div', { class: 'timeline' })
  new Rows(record).update(messageRows(context, messages, conversation, false))
  const back = button('', () => void context.attempt(list(context, box)), { class: 'link back' })
  add(back, icon('back'), t('history.back'))
  empty(box)
  add(box, back, record, !conversation.rated && isRatable(conversation, messages) && rateButton(context, id))
  back.focus()
}
