/** The first screen: is anybody there, until when, what others ask, what the desk already knows of the family. */
import type { AppointmentLine, ClinicLine, KnownFamily, ParcelLine, Welcome } from '../core/types'
import { t, tCode } from '../i18n'
import { daysBetween, moment } from '../i18n/when'
import type { Context, Part } from './context'
import { add, choice, empty, h, icon } from './dom'

const SILENT_DAYS = 3

export function welcomeCard(context: Context): Part {
  const { desk } = context
  const element = h('section', { class: 'welcome' })
  let drawn = ''
  return {
    element,
    update() {
      const { welcome, family, failed, lasting } = desk.state
      const shown = JSON.stringify([{ ...welcome, server_time: '' }, family, failed, lasting, desk.now().getDate()])
      if (shown === drawn) return
      drawn = shown
      empty(element)
      if (welcome) add(element, ...content(context, welcome, family))
      else add(element, h('p', { class: 'quiet', role: 'status' }, t(failed ? 'page.failed' : 'page.loading')))
      if (!lasting) add(element, h('p', { class: 'hint' }, t('page.not_kept')))
    },
  }
}

function content(context: Context, welcome: Welcome, family: KnownFamily | null): HTMLElement[] {
  const parts = [greeting(family), clinicState(context, welcome)]
  if (welcome.demo) parts.unshift(h('p', { class: 'hint demo' }, t('page.demo')))
  if (family && family.appointments.length > 0) parts.push(appointments(context, family.appointments))
  if (family && family.parcels.length > 0) parts.push(parcels(context, family.parcels))
  if (welcome.top_questions.length > 0) parts.push(topQuestions(context, welcome))
  return [...parts, todaysClinics(context, welcome.clinics)]
}

function greeting(family: KnownFamily | null): HTMLElement {
  const title = family ? greetingWords(family.greeting_name) : t('hello.title')
  return h('div', { class: 'hello' }, h('h2', {}, title), h('p', {}, t('hello.text')))
}

/** Of a masked name only the family name is said, as a nurse would call it out. */
function greetingWords(name: string): string {
  const said = name.replace(/\*+/g, '')
  return t(said === name ? 'hello.family' : 'hello.masked', { name: said })
}

/** Open or not, and exactly until when. */
function clinicState({ desk }: Context, welcome: Welcome): HTMLElement {
  const { open, next_change, next_open, reason } = welcome
  const at = open ? next_change : next_open
  const when = at && moment(at, desk.now(), desk.state.language)
  const details = open
    ? [when && !isFar(at, desk.now()) ? t('clinic.until', { at: when }) : t('clinic.endless')]
    : [reasonWords(reason), when ? t('clinic.from', { at: when }) : t('clinic.unknown'), t('clinic.always')]
  const words = h('span', { class: 'details' }, details.filter(Boolean).join(' · '))
  const title = h('strong', {}, t(open ? 'clinic.open' : 'clinic.closed'))
  const look = `clinic ${open ? 'is-open' : 'is-closed'}`
  return h('p', { class: look }, icon(open ? 'check' : 'clock'), h('span', {}, title, words))
}

/** An end that is days away would only puzzle. */
function isFar(at: string, now: Date): boolean {
  return daysBetween(now, at) > 1
}

function reasonWords(reason: string): string {
  switch (reason) {
    case 'holiday':
    case 'cancelled':
    case 'closed_by_hand':
      return t(`clinic.reason.${reason}`)
    default:
      return ''
  }
}

export function topQuestions({ desk, sheets }: Context, { top_questions }: Welcome): HTMLElement {
  const ask = (id: string, question: string) => {
    sheets.close()
    desk.choose(id, question)
  }
  const choices = top_questions.map(({ entry_id, question }) => choice(question, () => ask(entry_id, question)))
  return h('div', { class: 'card' }, h('h3', {}, t('hello.questions')), h('div', { class: 'choices' }, ...choices))
}

export function todaysClinics({ desk }: Context, clinics: ClinicLine[]): HTMLElement {
  if (clinics.length === 0) return h('p', { class: 'quiet' }, t('clinic.none'))
  const rows = clinics.map((clinic) => {
    const name = desk.state.language === 'en' ? clinic.department_en : clinic.department
    const state = h('span', { class: clinic.open ? 'tag is-open' : 'tag' }, t(clinic.open ? 'clinic.now' : 'clinic.later'))
    const hours = h('span', { class: 'hours' }, ...clinic.sessions.map((range) => h('span', {}, range)))
    return h('li', {}, h('span', { class: 'line' }, h('strong', {}, name), state), hours, doctors(clinic.doctors))
  })
  const summary = h('summary', {}, t('clinic.today', { n: clinics.length }), icon('next'))
  return h('details', { class: 'card clinics' }, summary, h('ul', {}, ...rows))
}

function doctors(names: string[]): HTMLElement | false {
  return names.length > 0 && h('span', { class: 'quiet' }, names.join(t('list.and')))
}

function appointments({ desk }: Context, lines: AppointmentLine[]): HTMLElement {
  const rows = lines.map((line) =>
    h(
      'li',
      {},
      h('span', { class: 'line' }, h('strong', {}, moment(line.starts_at, desk.now(), desk.state.language)), tag(line.status)),
      h('span', {}, t('hello.appointment', line)),
    ),
  )
  return h('div', { class: 'card' }, h('h3', {}, t('hello.appointments')), h('ul', {}, ...rows))
}

function parcels({ desk }: Context, lines: ParcelLine[]): HTMLElement {
  const rows = lines.map((line) =>
    h(
      'li',
      {},
      h('span', { class: 'line' }, h('strong', {}, `${line.carrier} ${line.number}`), tag(line.status)),
      line.eta && h('span', {}, t('hello.eta', { at: moment(line.eta, desk.now(), desk.state.language) })),
      h('span', { class: 'quiet' }, whereabouts(line)),
    ),
  )
  return h('div', { class: 'card' }, h('h3', {}, t('hello.parcels')), h('ul', {}, ...rows))
}

/** Where a parcel is; a place that may be wrong by now is not told as if it were true. */
function whereabouts(line: ParcelLine): string {
  if (line.knowledge === 'fresh') return line.last_text
  if (line.knowledge === 'unknown') return t('hello.parcel_unknown')
  return line.silent_days >= SILENT_DAYS ? t('hello.parcel_silent', { n: line.silent_days }) : t('hello.parcel_unheard')
}

function tag(status: string): HTMLElement {
  return h('span', { class: 'tag' }, tCode('status', status, {}, status))
}
