/** One message as a row: who said it, what, and for own ones how far it has come. */
import { initials } from '@shared/text'
import type { Outgoing } from '../core/state'
import type { Author, PatientConversation, PatientMessage } from '../core/types'
import { t, tError } from '../i18n'
import { moment } from '../i18n/when'
import { drawBody, type Setting } from './bodies'
import type { Context } from './context'
import { add, button, empty, h, icon, say } from './dom'
import { pictureView } from './pictures'
import { plainText } from './prose'
import type { Row } from './rows'

/** `first`: the speaker has changed, so the name is said. */
export function messageRow(setting: Setting, first: boolean, conversation: PatientConversation | null): Row {
  const { message } = setting
  const isOwn = message.author === 'visitor'
  return {
    key: (isOwn && message.client_key) || message.id,
    // What was kept may be less than what was typed: numbers of people lose all but their end.
    signature: isOwn ? `own:${message.body.kind === 'text' ? message.body.text : ''}` : `${first}`,
    draw: () => frame(message.author, message.author_name, first, drawBody(message.body, setting), message.body.kind),
    touch: isOwn ? (element) => markReceipt(element, message, conversation) : undefined,
  }
}

export function outgoingRow(context: Context, item: Outgoing): Row {
  return {
    key: item.key,
    signature: `own:${item.kind === 'picture' || item.kind === 'person' ? '' : item.text}`,
    draw: () => frame('visitor', '', false, drawOutgoing(context, item), item.kind),
    touch: (element) => markSending(element, item, context),
  }
}

export function timeRow(message: PatientMessage, { desk }: Context): Row {
  const words = moment(message.at, desk.now(), desk.state.language)
  return {
    key: `time:${message.id}`,
    signature: words,
    draw: () => h('p', { class: 'when' }, h('time', { datetime: message.at }, words)),
  }
}

function frame(author: Author, name: string, first: boolean, content: HTMLElement, kind: string): HTMLElement {
  if (author === 'desk') return h('div', { class: 'row desk' }, content)
  const who = speaker(author, name)
  const bubble = h('div', { class: `bubble is-${kind}` }, h('span', { class: 'sr-only' }, `${who}: `), content)
  if (author === 'visitor') return h('div', { class: 'row mine' }, bubble, h('p', { class: 'receipt', 'aria-live': 'off' }))
  const row = h('div', { class: `row theirs ${first ? 'first' : ''}` })
  if (first) add(row, h('p', { class: 'speaker', 'aria-hidden': 'true' }, avatar(author, name), who))
  return add(row, bubble)
}

export function speaker(author: Author, name: string): string {
  if (author === 'visitor') return t('name.you')
  return author === 'agent' ? t('name.agent', { name }) : t('name.assistant')
}

function avatar(author: Author, name: string): HTMLElement {
  const isAgent = author === 'agent'
  return h('span', { class: `avatar ${author}` }, isAgent ? initials(name).slice(-1) : icon('heart'))
}

function drawOutgoing(context: Context, { kind, key, text, width = 1, height = 1 }: Outgoing): HTMLElement {
  if (kind === 'person') return plainText(t('sent.person'))
  if (kind !== 'picture') return plainText(text)
  return pictureView(context, key, () => context.desk.pendingPicture(key), { width, height }, t('picture.alt_you'))
}

function markReceipt(element: HTMLElement, message: PatientMessage, conversation: PatientConversation | null): void {
  const isOpen = conversation?.id === message.conversation_id
  const isRead = isOpen && message.seq <= conversation.read_by_staff_seq
  const words = isRead ? t('sent.read') : isOpen && conversation.status === 'active' ? t('sent.sent') : ''
  const receipt = element.querySelector('.receipt')
  if (!receipt || receipt.getAttribute('data-words') === words) return
  write(receipt, words, words)
  if (words) receipt.insertBefore(icon('check'), receipt.firstChild)
}

function markSending(element: HTMLElement, item: Outgoing, { desk }: Context): void {
  const waits = item.state === 'waiting' || (item.state === 'sending' && desk.isOffline())
  const words = waits ? t('sent.waiting') : sendingWords(item)
  const receipt = element.querySelector('.receipt')
  if (!receipt || receipt.getAttribute('data-words') === words) return
  write(receipt, words, words)
  if (waits) receipt.insertBefore(icon('clock'), receipt.firstChild)
  if (item.state !== 'failed') return
  receipt.insertBefore(icon('alert'), receipt.firstChild)
  add(
    receipt,
    button(t('sent.retry'), () => desk.retry(item.key), { class: 'link' }),
    button(t('sent.discard'), () => desk.discard(item.key), { class: 'link' }),
  )
}

function write(receipt: Element, mark: string, words: string): void {
  empty(receipt)
  say(receipt, words)
  receipt.setAttribute('data-words', mark)
}

function sendingWords({ state, kind, progress, picture_id, error = 'unknown' }: Outgoing): string {
  if (state === 'failed') return `${t('sent.failed')}: ${tError({ code: error })}`
  const isUploading = kind === 'picture' && picture_id === undefined
  return isUploading ? t('sent.uploading', { n: Math.round((progress ?? 0) * 100) }) : t('sent.sending')
}
