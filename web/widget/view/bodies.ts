/** What is inside a bubble: one drawing per kind of body. */
import type {
  AnswerBody,
  AnswerPart,
  Body,
  Choice,
  EmergencyBody,
  MedicalBody,
  PatientMessage,
  PictureBody,
  SessionLine,
  SuggestionsBody,
} from '../core/types'
import { t } from '../i18n'
import { clock, dayName, moment } from '../i18n/when'
import type { Context } from './context'
import { add, button, choice, empty, h, icon } from './dom'
import { noticeWords } from './notices'
import { pictureView } from './pictures'
import { answerText, plainText } from './prose'

/** `live` is false in the record of an earlier conversation: nothing there can be tapped. */
export type Setting = { context: Context; message: PatientMessage; asked: string; live: boolean }

export function drawBody(body: Body, setting: Setting): HTMLElement {
  switch (body.kind) {
    case 'text':
      return plainText(body.text)
    case 'picture':
      return drawPicture(body, setting)
    case 'answer':
      return drawAnswer(body, setting)
    case 'suggestions':
      return h('div', {}, answerText(withoutChoices(body)), choices(body.choices, setting))
    case 'medical':
      return drawMedical(body, setting)
    case 'emergency':
      return drawEmergency(body)
    case 'bot_text':
      return h('div', {}, answerText(body.text), body.offer_person && setting.live && personButton(setting.context))
    case 'notice':
      return h('p', {}, noticeWords(body, setting.context))
  }
}

function drawPicture(body: PictureBody, { context, message }: Setting): HTMLElement {
  const alt = t(message.author === 'visitor' ? 'picture.alt_you' : 'picture.alt')
  return pictureView(context, body.picture_id, () => context.desk.picture(body.picture_id), body, alt)
}

function drawAnswer(body: AnswerBody, setting: Setting): HTMLElement {
  const { context, asked, live } = setting
  const answer = h('div', { class: 'answer' })
  for (const part of [body, ...body.also]) {
    // The question tapped stands right above; only what the assistant understood by itself is worth repeating.
    if (part.question !== asked) add(answer, h('h3', {}, part.question))
    add(answer, answerText(part.text), asOf(part, context), origin(part))
  }
  if (!live) return answer
  const alone = body.live?.state === 'stale' || body.live?.state === 'missing'
  add(answer, alone && personButton(context), feedback(setting))
  if (body.related.length > 0) add(answer, h('p', { class: 'quiet' }, t('answer.related')), choices(body.related, setting))
  return answer
}

/** When live data were true, and who said so; their absence is told by the answer itself. */
function asOf({ live }: AnswerPart, { desk }: Context): HTMLElement | null {
  if (live?.state !== 'fresh') return null
  const time = moment(live.as_of, desk.now(), desk.state.language)
  return h('p', { class: 'origin' }, h('span', {}, t('answer.as_of', { time, source: live.source })))
}

/** Where the answer comes from, who keeps it true, and until when. */
function origin({ source, owner, valid_until }: AnswerPart): HTMLElement | null {
  const parts = [
    source && t('answer.source', { source }),
    owner && t('answer.owner', { owner }),
    valid_until && t('answer.valid', { date: valid_until.slice(0, 10) }),
  ].filter(Boolean)
  if (parts.length === 0) return null
  return h('p', { class: 'origin' }, ...parts.map((part) => h('span', {}, part)))
}

function feedback({ context, message }: Setting): HTMLElement {
  const { desk, attempt } = context
  const box = h('div', { class: 'feedback' })
  const thank = (helpful: boolean) => {
    empty(box)
    add(box, h('p', { class: 'quiet', role: 'status' }, t(helpful ? 'answer.thanks' : 'answer.sorry')))
    if (!helpful) add(box, personButton(context))
  }
  const judge = async (helpful: boolean) => {
    if (await attempt(desk.judge(message.id, helpful))) thank(helpful)
  }
  const said = desk.state.helpful[message.id]
  if (said !== undefined) thank(said)
  else {
    const yes = button(t('answer.helpful'), () => void judge(true), { class: 'small' })
    const no = button(t('answer.unhelpful'), () => void judge(false), { class: 'small' })
    add(box, yes, no)
  }
  return box
}

/** The assistant also lists the questions in its words, for channels without buttons. */
function withoutChoices({ text, choices }: SuggestionsBody): string {
  const repeats = (line: string) => choices.some(({ question }) => line.includes(question))
  return text.split('\n').filter((line) => !repeats(line)).join('\n')
}

function choices(list: Choice[], { context, live }: Setting): HTMLElement | null {
  if (!live) return h('ul', {}, ...list.map(({ question }) => h('li', {}, question)))
  const buttons = list.map(({ entry_id, question }) => choice(question, () => (entry_id ? context.desk.choose(entry_id, question) : context.desk.say(question))))
  return h('div', { class: 'choices' }, ...buttons)
}

function personButton({ desk }: Context): HTMLElement {
  const ask = button('', () => desk.askPerson(), { class: 'soft' })
  return add(ask, icon('person'), t('ask.person'))
}

function drawMedical(body: MedicalBody, { context }: Setting): HTMLElement {
  const medical = h('div', { class: 'medical' }, h('h3', {}, t('medical.title')), answerText(body.text))
  const departments = byDepartment(body.sessions)
  if (departments.length === 0) return medical
  const rows = departments.map(([department, sessions]) => h('li', {}, h('strong', {}, department), sessionTimes(sessions, context)))
  const list = h('details', { class: 'clinics', open: rows.length < 4 }, h('summary', {}, t('medical.sessions'), icon('next')), h('ul', {}, ...rows))
  return add(medical, list)
}

function byDepartment(sessions: SessionLine[]): [string, SessionLine[]][] {
  const groups = new Map<string, SessionLine[]>()
  for (const session of sessions) groups.set(session.department, [...(groups.get(session.department) ?? []), session])
  return Array.from(groups)
}

/** `今天 13:30–17:00 王医生` for each time, doctors of the same time together. */
function sessionTimes(sessions: SessionLine[], { desk }: Context): HTMLElement {
  const times = new Map<string, string[]>()
  for (const { starts_at, ends_at, doctor } of sessions) {
    const time = `${dayName(starts_at, desk.now(), desk.state.language)} ${clock(starts_at)}–${clock(ends_at)}`
    times.set(time, [...(times.get(time) ?? []), doctor])
  }
  const lines = Array.from(times).map(([time, doctors]) =>
    h('span', { class: 'hours' }, h('span', {}, time), h('span', {}, doctors.join(t('list.and')))),
  )
  return h('span', { class: 'times' }, ...lines)
}

function drawEmergency({ text, phone }: EmergencyBody): HTMLElement {
  const call = h('a', { class: 'strong call', href: `tel:${phone}` }, icon('phone'), t('emergency.call', { phone }))
  const title = h('h3', {}, icon('alert'), t('emergency.title'))
  return h('div', { role: 'alert' }, title, call, answerText(text))
}
