/** Where the visitor writes: 找人工 always at the same place, pictures, common questions, and the words themselves. */
import { characters } from '@shared/text'
import { t } from '../i18n'
import type { Context, Part } from './context'
import { add, button, empty, h, icon, type IconName, say, set } from './dom'
import { offerPicture } from './pictures'
import { todaysClinics, topQuestions } from './welcome'

/** The counter appears when this share of the limit is used. */
const NEAR = 0.9
/** Keyboards of some phones report this instead of a composition. */
const COMPOSING_KEY = 229

export function composer(context: Context): Part & { input: HTMLTextAreaElement } {
  const { desk } = context
  const input = h('textarea', { class: 'input', rows: 1, 'aria-label': t('ask.label'), enterkeyhint: 'send', 'aria-describedby': 'counter' })
  const counter = h('p', { id: 'counter', class: 'counter', role: 'status' })
  const go = h('button', { type: 'submit', class: 'send', 'aria-label': t('ask.send') }, icon('send'))
  const limit = () => desk.state.welcome?.message_characters ?? Infinity
  const changed = () => {
    grow(input)
    const length = characters(input.value)
    say(counter, counterWords(length, limit()))
    set(counter, 'data-over', length > limit())
    go.disabled = input.value.trim() === '' || length > limit()
  }
  const send = () => {
    if (go.disabled) return
    desk.say(input.value.trim())
    input.value = ''
    desk.keepDraft('')
    changed()
    input.focus()
  }
  const edited = () => {
    changed()
    desk.keepDraft(input.value)
    desk.typing()
  }
  listen(context, input, { edited, send, told: (words) => say(counter, words) })
  input.value = desk.draft()
  const person = personTool(context)
  const tools = h('div', { class: 'tools' }, person.element, questionsTool(context), pictureTool(context, counter))
  const field = h('div', { class: 'field' }, input, go)
  const submit = (event: Event) => {
    event.preventDefault()
    send()
  }
  return {
    element: h('form', { class: 'composer', onsubmit: submit }, tools, counter, field),
    input,
    update() {
      person.update()
      set(input, 'placeholder', t(desk.state.conversation?.status === 'active' ? 'ask.hint_agent' : 'ask.hint'))
      changed()
    },
  }
}

type Listeners = { edited(): void; send(): void; told(words: string): void }

function listen(context: Context, input: HTMLTextAreaElement, { edited, send, told }: Listeners): void {
  input.addEventListener('input', edited)
  input.addEventListener('keydown', (event) => {
    // The Enter that ends a Chinese composition chooses a word; it does not send.
    const composing = event.isComposing || event.keyCode === COMPOSING_KEY
    if (event.key !== 'Enter' || event.shiftKey || composing) return
    event.preventDefault()
    send()
  })
  input.addEventListener('paste', (event) => {
    const file = Array.from(event.clipboardData?.files ?? []).find(({ type }) => type.startsWith('image/'))
    if (!file) return
    event.preventDefault()
    void offerPicture(context, file, told)
  })
}

function counterWords(length: number, limit: number): string {
  if (length > limit) return t('ask.over', { n: length - limit })
  return length >= limit * NEAR ? t('ask.left', { n: limit - length }) : ''
}

function grow(input: HTMLTextAreaElement): void {
  input.style.height = 'auto'
  input.style.height = `${input.scrollHeight + 2}px`
}

function tool(name: IconName, label: string, act: () => void, extra = ''): HTMLButtonElement {
  return add(button('', act, { class: `tool ${extra}` }), icon(name), label)
}

/** Its place never changes; its words tell how far the wish has come. */
function personTool({ desk }: Context): Part {
  const words = h('span')
  const element = button('', () => desk.askPerson(), { class: 'tool person' })
  add(element, icon('person'), words)
  return {
    element,
    update() {
      const status = desk.state.conversation?.status
      const isAsked = status === 'waiting' || status === 'active' || status === 'message'
      say(words, t(isAsked ? `ask.person_${status}` : 'ask.person'))
      set(element, 'data-state', isAsked ? status : null)
      set(element, 'aria-disabled', isAsked)
    },
  }
}

function questionsTool(context: Context): HTMLElement {
  const { desk, sheets } = context
  const open = () => {
    const { welcome } = desk.state
    if (!welcome) return
    const content = h('div', { class: 'sheet-body' })
    sheets.show(t('ask.questions'), add(content, topQuestions(context, welcome), todaysClinics(context, welcome.clinics)))
  }
  return tool('list', t('ask.questions'), open)
}

function pictureTool(context: Context, told: HTMLElement): HTMLElement {
  const input = h('input', { type: 'file', accept: 'image/*', hidden: true, tabindex: -1 })
  input.addEventListener('change', () => {
    const file = input.files?.[0]
    empty(told)
    if (file) void offerPicture(context, file, (words) => say(told, words))
    // The same file can be chosen again.
    input.value = ''
  })
  const choose = tool('camera', t('ask.picture'), () => input.click())
  return h('span', { class: 'tool-place' }, choose, input)
}
