/** One to five stars with a word each, reasons to tick, and room for words. */
import type { PatientConversation, RatingReason } from '../core/types'
import { t, type Word } from '../i18n'
import type { Context } from './context'
import { add, button, empty, h, set, show } from './dom'
import type { Row } from './rows'

const SCORES = [1, 2, 3, 4, 5] as const
const GOOD_FROM = 4

/** The form thanks by itself once it is sent; what was rated before is thanked for at once. */
export function ratingRow(context: Context, { id, rated }: PatientConversation): Row {
  const draw = () => (rated ? h('div', { class: 'card rating' }, h('p', {}, t('rate.thanks'))) : ratingForm(context, id))
  return { key: `rate:${id}`, signature: '', draw }
}

export function ratingForm(context: Context, conversationId: string): HTMLElement {
  const { desk, attempt } = context
  let score = 0
  const reasons = h('div', { class: 'reasons' })
  const comment = h('textarea', { id: 'rate-comment', rows: 2, maxlength: 500 })
  const rest = h('div', { hidden: true }, reasons, h('label', { for: 'rate-comment' }, t('rate.comment')), comment)
  const card = h('form', { class: 'card rating', onsubmit: (event: Event) => void send(event) })
  const choose = (chosen: number) => {
    const side = score === 0 || score >= GOOD_FROM !== chosen >= GOOD_FROM
    score = chosen
    if (side) drawReasons(reasons, context, score >= GOOD_FROM)
    show(rest, true)
  }
  const send = async (event: Event) => {
    event.preventDefault()
    const ticked = Array.from(reasons.querySelectorAll<HTMLInputElement>('input:checked'), (box) => box.value)
    const sent = await attempt(desk.rate(conversationId, { score, reasons: ticked, comment: comment.value.trim() }))
    if (!sent) return
    empty(card)
    add(card, h('p', { role: 'status' }, t('rate.thanks')))
  }
  add(rest, h('button', { type: 'submit', class: 'strong' }, t('rate.send')))
  return add(card, stars(choose), rest)
}

function stars(choose: (score: number) => void): HTMLElement {
  const word = h('span', { class: 'score-word', 'aria-hidden': 'true' })
  const labels = SCORES.map((score) => {
    const words = t(`rate.${score}` satisfies Word)
    const box = h('input', { type: 'radio', name: 'score', value: score, 'aria-label': `${score} ${words}`, class: 'sr-only' })
    const label = h('label', { class: 'star' }, box, h('span', { 'aria-hidden': 'true' }, '★'))
    box.addEventListener('change', () => {
      labels.forEach((one, index) => set(one, 'data-on', index < score))
      word.textContent = words
      choose(score)
    })
    return label
  })
  return h('fieldset', { class: 'stars' }, h('legend', {}, t('rate.title')), ...labels, word)
}

function drawReasons(box: HTMLElement, { desk }: Context, good: boolean): void {
  empty(box)
  const { welcome, language } = desk.state
  const tick = ({ key, zh, en }: RatingReason) =>
    h('label', { class: 'tick' }, h('input', { type: 'checkbox', value: key }), language === 'en' ? en : zh)
  const fitting = (welcome?.rating_reasons ?? []).filter((reason) => reason.good === good)
  add(box, h('fieldset', {}, h('legend', {}, t(good ? 'rate.good' : 'rate.bad')), ...fitting.map(tick)))
}

export function rateButton(context: Context, conversationId: string): HTMLElement {
  const go = button(t('history.rate'), () => go.replaceWith(ratingForm(context, conversationId)), { class: 'soft' })
  return go
}
