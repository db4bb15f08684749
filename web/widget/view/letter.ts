/** Closed: exactly until when, and a form to leave a message that becomes work at opening. */
import type { NoticeBody, PatientConversation, PatientMessage } from '../core/types'
import { t } from '../i18n'
import { moment } from '../i18n/when'
import type { Context } from './context'
import { h, icon, say, set } from './dom'
import type { Row } from './rows'

/** As the desk reads it: digits with spaces or dashes between them. */
const PHONE = /^(\+?\d[\d -]{4,20}\d)?$/

export function letterRow(context: Context, notice: PatientMessage & { body: NoticeBody }): Row {
  return { key: `letter:${notice.id}`, signature: '', draw: () => form(context, notice.body) }
}

/** Somebody has left a message: what was promised stays before their eyes. */
export function promiseRow({ desk }: Context, { id, promised_at }: PatientConversation): Row {
  const at = promised_at && moment(promised_at, desk.now(), desk.state.language)
  const draw = () =>
    h(
      'section',
      { class: 'card waiting' },
      h('h3', {}, icon('check'), t('letter.kept')),
      h('p', {}, h('strong', {}, at ? t('letter.promised', { at }) : t('letter.promised_unknown'))),
      h('p', { class: 'quiet' }, t('letter.leave')),
    )
  return { key: `promise:${id}`, signature: `${at}`, draw }
}

function form(context: Context, { fields }: NoticeBody): HTMLElement {
  const { desk } = context
  const limit = desk.state.welcome?.message_characters ?? null
  const text = h('textarea', { id: 'letter-text', rows: 3, required: true, maxlength: limit, placeholder: t('letter.hint') })
  const phone = h('input', { id: 'letter-phone', type: 'tel', autocomplete: 'tel', maxlength: 24, 'aria-describedby': 'letter-fault' })
  const fault = h('p', { id: 'letter-fault', class: 'fault', role: 'alert' })
  const send = (event: Event) => {
    event.preventDefault()
    const wrong = findFault(text.value, phone.value)
    say(fault, wrong?.words ?? '')
    set(phone, 'aria-invalid', wrong?.field === 'phone')
    if (wrong) (wrong.field === 'phone' ? phone : text).focus()
    else desk.leaveMessage(text.value.trim(), phone.value.trim())
  }
  const at = fields.next_open && moment(fields.next_open, desk.now(), desk.state.language)
  return h(
    'form',
    { class: 'card letter', onsubmit: send, novalidate: true },
    h('h3', {}, t('letter.title')),
    h('p', {}, at ? t('letter.closed', { at }) : t('letter.closed_unknown'), t('letter.promise')),
    h('label', { for: 'letter-text' }, t('letter.text')),
    text,
    // The hospital knows the number of a known family.
    ...(desk.state.family ? [] : [h('label', { for: 'letter-phone' }, t('letter.phone')), phone, phoneHint()]),
    fault,
    h('button', { type: 'submit', class: 'strong' }, t('letter.send')),
  )
}

function phoneHint(): HTMLElement {
  return h('p', { class: 'quiet' }, t('letter.phone_hint'))
}

function findFault(text: string, phone: string): { field: 'text' | 'phone'; words: string } | null {
  if (text.trim() === '') return { field: 'text', words: t('error.message.empty') }
  if (!PHONE.test(phone.trim())) return { field: 'phone', words: t('error.phone.unreadable') }
  return null
}
