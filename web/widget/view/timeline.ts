/** The conversation: messages in order, what is still to be sent, and the card that fits the moment. */
import type { NoticeBody, PatientConversation, PatientMessage } from '../core/types'
import { t } from '../i18n'
import type { Context, Part } from './context'
import { h } from './dom'
import { letterRow, promiseRow } from './letter'
import { messageRow, outgoingRow, timeRow } from './message'
import { ratingRow } from './rating'
import { type Row, Rows } from './rows'
import { waitRow } from './wait'

const PAUSE_MS = 5 * 60_000

export function timeline(context: Context): Part {
  const { desk } = context
  const element = h('div', { class: 'timeline' })
  const rows = new Rows(element)
  return {
    element,
    update() {
      const { messages, conversation, outgoing } = desk.state
      rows.update([
        ...messageRows(context, messages, conversation, true),
        ...outgoing.map((item) => outgoingRow(context, item)),
        ...momentRows(context),
      ])
    },
  }
}

/** Also draws the record of an earlier conversation, where nothing can be tapped (`live` false). */
export function messageRows(
  context: Context,
  messages: PatientMessage[],
  conversation: PatientConversation | null,
  live: boolean,
): Row[] {
  const rows: Row[] = []
  let before: PatientMessage | null = null
  let asked = ''
  for (const message of messages) {
    const pause = before === null || Date.parse(message.at) - Date.parse(before.at) > PAUSE_MS
    if (pause) rows.push(timeRow(message, context))
    const first = pause || before?.author !== message.author || before.author_name !== message.author_name
    rows.push(messageRow({ context, message, asked, live }, first, conversation))
    if (message.body.kind === 'text') asked = message.body.text
    before = message
  }
  return rows
}

/** What belongs at the end now: form, queue, rating, somebody typing. */
function momentRows(context: Context): Row[] {
  const { conversation, messages, agentTyping, botThinking, outgoing } = context.desk.state
  const rows: Row[] = []
  const closed = closedNotice(context)
  if (closed && !outgoing.some((item) => item.kind === 'letter')) rows.push(letterRow(context, closed))
  if (conversation?.status === 'waiting') rows.push(waitRow(context, conversation))
  if (conversation?.status === 'message') rows.push(promiseRow(context, conversation))
  if (conversation?.status === 'bot' && endsWithPicture(messages)) rows.push(pictureHintRow())
  if (conversation && isRatable(conversation, messages)) rows.push(ratingRow(context, conversation))
  if (agentTyping !== '') rows.push(typingRow(t('typing.agent', { name: agentTyping })))
  else if (botThinking) rows.push(typingRow(t('typing.bot')))
  return rows
}

/** The notice that nobody is there, while it is the last word about it. */
function closedNotice({ desk }: Context): (PatientMessage & { body: NoticeBody }) | null {
  const { conversation, messages } = desk.state
  if (conversation?.status !== 'bot') return null
  for (const message of messages.slice().reverse()) {
    const { body } = message
    if (message.conversation_id !== conversation.id) return null
    if (body.kind === 'notice') return body.code === 'queue.closed' ? { ...message, body } : null
  }
  return null
}

/** What somebody or the assistant has answered can be rated once it is over. */
export function isRatable({ id, status }: PatientConversation, messages: PatientMessage[]): boolean {
  const answered = ({ conversation_id, author }: PatientMessage) =>
    conversation_id === id && (author === 'agent' || author === 'bot')
  return status === 'closed' && messages.some(answered)
}

function endsWithPicture(messages: PatientMessage[]): boolean {
  return messages[messages.length - 1]?.body.kind === 'picture'
}

/** The assistant says nothing to a picture; somebody who waits for that should know. */
function pictureHintRow(): Row {
  return { key: 'picture-hint', signature: '', draw: () => h('p', { class: 'row desk' }, t('picture.bot')) }
}

function typingRow(words: string): Row {
  const dots = () => h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'))
  return { key: 'typing', signature: words, draw: () => h('p', { class: 'typing' }, dots(), words) }
}
