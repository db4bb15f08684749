/** A type of request as the administrator's form holds it, and what the server has against it in words. Pure. */
import { t, tCode } from '../../i18n'
import type { FormField, RequestType } from './api'

export const ROLES = ['doctor', 'nurse', 'pharmacist', 'desk'] as const
export const CLOCKS = ['accept', 'attempt', 'report'] as const
export const LADDER = 'call_up'

type ClockName = (typeof CLOCKS)[number]
type Choice = FormField['choices'][number]

/** Numbers and choices stand there as they are typed. */
export type FieldForm = Omit<FormField, 'limit' | 'choices'> & { limit: string; choices: string }
export type TypeForm = Omit<RequestType, 'clocks' | 'form'> & { clocks: Record<ClockName, string>; form: FieldForm[] }

export function emptyType(): RequestType {
  return {
    key: '', zh: '', en: '', hint_zh: '', hint_en: '', roles: ['doctor'], about: 'nobody', in_session_first: false, ladder: '',
    after_session: 'keep', clocks: { accept: 60, attempt: null, report: null }, pictures: 0, form: [], script_zh: '', script_en: '', active: true,
  }
}

export function emptyField(): FieldForm {
  return { key: '', zh: '', en: '', kind: 'text', required: false, limit: '200', choices: '' }
}

export function formOf(type: RequestType): TypeForm {
  const clock = (seconds: number | null): string => (seconds === null ? '' : String(seconds))
  return {
    ...structuredClone(type),
    clocks: { accept: clock(type.clocks.accept), attempt: clock(type.clocks.attempt), report: clock(type.clocks.report) },
    form: type.form.map((field) => ({ ...field, limit: String(field.limit), choices: field.choices.map(lineOf).join('\n') })),
  }
}

/** What is no number is sent as it is, so that the server names its place. */
export function typeOf(form: TypeForm): RequestType {
  const clock = (words: string): number | null => (words.trim() === '' ? null : numberOf(words))
  return {
    ...form,
    clocks: { accept: clock(form.clocks.accept), attempt: clock(form.clocks.attempt), report: clock(form.clocks.report) },
    form: form.form.map((field) => ({ ...field, limit: numberOf(field.limit), choices: field.kind === 'choice' ? choicesOf(field.choices) : [] })),
  }
}

function numberOf(words: string): number {
  const value = Number(words)
  return words.trim() !== '' && Number.isFinite(value) ? value : (words as unknown as number)
}

function lineOf(choice: Choice): string {
  return [choice.key, choice.zh, choice.en].join(' | ')
}

/** One choice a line: code, Chinese, English, between bars as they are typed on either keyboard. */
export function choicesOf(lines: string): Choice[] {
  return lines.split('\n').filter((line) => line.trim() !== '').map((line) => {
    const [key = '', zh = '', en = ''] = line.split(/[|｜]/).map((part) => part.trim())
    return { key, zh, en }
  })
}

/** `form.0.choices.1.key: string_pattern_mismatch` as a person reads it. */
export function problemWords(problem: string): string {
  const cut = problem.lastIndexOf(': ')
  const place = cut < 0 ? '*' : problem.slice(0, cut)
  const reason = cut < 0 ? problem : problem.slice(cut + 2)
  return t('types.problem_line', { place: placeWords(place.split('.')), reason: tCode('types.problem', reason, {}, 'types.problem.other') })
}

function placeWords(steps: readonly string[]): string {
  const [first = '*', second = ''] = steps
  if (first === 'form' && second !== '') {
    const inside = steps.slice(2)
    const part = inside.includes('choices') ? t('types.place.choices') : inside.map(fieldWords).join(' ')
    return [t('types.field', { n: Number(second) + 1 }), part].filter(Boolean).join(' · ')
  }
  if (first === 'clocks' && isClock(second)) return t(`types.clock.${second}`)
  if (first === 'roles') return t('types.place.roles')
  return fieldWords(first)
}

function isClock(name: string): name is ClockName {
  return (CLOCKS as readonly string[]).includes(name)
}

const NAMES = ['key', 'zh', 'en', 'hint_zh', 'hint_en', 'script_zh', 'script_en', 'limit', 'form', 'ladder'] as const

function fieldWords(name: string): string {
  const known = NAMES.find((one) => one === name)
  return known ? t(`types.${known}`) : t('types.place.whole')
}
