/** How far a request has come, in words: one line for the list, and the steps of its life for its own sheet. */
import { clock, duration, namedDayAndClock, secondsBetween, timer } from '@shared/time'
import type { IconName } from '@shared/ui/icons'
import { language, t, tCode } from './i18n'
import type { WordKey } from './i18n'
import { isLate, isOpen, progressOf, timeOf, toneOf } from './requests'
import type { AssistRequest, Leg, Progress, RequestType, Tone } from './requests'

export function typeName(request: AssistRequest): string {
  return language.value === 'en' ? request.type_en : request.type
}

export function inLanguage(words: { zh: string; en: string }): string {
  return language.value === 'en' ? words.en : words.zh
}

export function hintOf(type: RequestType): string {
  return language.value === 'en' ? type.hint_en : type.hint_zh
}

export type Headline = { words: string; detail: string; tone: Tone; icon: IconName }

const ICONS: Readonly<Record<Tone, IconName>> = { quiet: 'history', wait: 'clock', run: 'bell', done: 'done', alarm: 'alert' }

/** What the patient's line says of a request now. */
export function headline(request: AssistRequest, now: number): Headline {
  const progress = progressOf(request, now)
  const tone = toneOf(progress)
  const rings = progress.is === 'trying' && progress.leg.channel === 'telephone'
  const icon = rings ? 'phone' : ICONS[tone]
  return { words: wordsOf(progress, request, now), detail: detailOf(progress, request, now), tone, icon }
}

function wordsOf(progress: Progress, request: AssistRequest, now: number): string {
  switch (progress.is) {
    case 'waiting':
      return t('progress.waiting')
    case 'left':
      return t('progress.left')
    case 'accepted':
      return t('progress.accepted', { name: nameOf(request) })
    case 'trying':
      return legWords(progress.leg, request)
    case 'unreachable':
      return t('progress.unreachable')
    case 'promised':
      return t('progress.promised', { at: clock(progress.at) })
    case 'arrived':
      return t('progress.arrived', { at: clock(progress.at) })
    case 'ended':
      return endWords(request, progress.at, now)
  }
}

function detailOf(progress: Progress, request: AssistRequest, now: number): string {
  switch (progress.is) {
    case 'waiting':
      return t(progress.late ? 'progress.waiting_late' : 'progress.waiting_for', { time: timer(secondsBetween(progress.since, now)) })
    case 'left':
      return progress.until ? t('progress.left_until', { at: namedDayAndClock(progress.until, now, language.value) }) : t('progress.left_open')
    case 'accepted':
      return progress.at ? clock(progress.at) : ''
    case 'trying':
      return joined(whoCares(progress, request), attemptWords(progress.leg), clock(progress.at))
    case 'unreachable':
      return joined(t('progress.calls', { n: progress.calls }), clock(progress.at))
    case 'promised':
      return distance(progress, now)
    case 'arrived':
      return tCode('arrived_by', progress.by, {}, 'arrived_by.other')
    case 'ended':
      return ''
  }
}

function distance({ at, late }: { at: string; late: boolean }, now: number): string {
  const time = duration(Math.max(60, Math.abs(secondsBetween(now, at))), language.value)
  return t(late ? 'progress.promise_late' : 'progress.promise_in', { time })
}

function endWords(request: AssistRequest, at: string | null, now: number): string {
  const words = outcomeWords(request.outcome || request.state)
  return at ? joined(words, secondsBetween(at, now) < 86_400 ? clock(at) : namedDayAndClock(at, now, language.value)) : words
}

/** What the assistants choose at the end carries its category in front; here only the outcome counts. */
function outcomeWords(outcome: string): string {
  return tCode('ended', outcome.split('.').at(-1) ?? '', {}, 'ended.other')
}

function nameOf(request: AssistRequest): string {
  return request.assignee_name ?? t('step.assistant')
}

// ---- attempts ----------------------------------------------------------------------------------------------

export function legWords(leg: Leg, request: AssistRequest): string {
  const channel = t(`channel.${leg.channel}`)
  const fields = { channel, name: nameOf(request), who: tCode('relation', leg.relation, {}, 'relation.guardian') }
  if (leg.state === 'answered' && leg.outcome) return t('leg.said', { ...fields, outcome: tCode('outcome', leg.outcome) })
  const why = leg.state === 'failed' ? leg.outcome || leg.reason : leg.reason
  const reason = tCode('reason', why, {}, leg.state === 'failed' ? 'reason.other' : 'reason.not_needed')
  return tCode('leg', `${leg.channel}.${leg.state}`, { ...fields, reason }, `leg.${leg.state}`)
}

/** Who has the request, where the words about the attempt do not say it. */
function whoCares({ leg, late }: Extract<Progress, { is: 'trying' }>, request: AssistRequest): string {
  if (request.assignee_name === null) return t(late ? 'progress.nobody_late' : 'progress.nobody_yet')
  return leg.channel === 'telephone' && (leg.state === 'sending' || leg.state === 'sent') ? '' : request.assignee_name
}

function attemptWords(leg: Leg): string {
  return leg.attempt > 1 ? t('leg.attempt', { n: leg.attempt }) : ''
}

function joined(...parts: string[]): string {
  return parts.filter(Boolean).join(' · ')
}

// ---- the life of a request ---------------------------------------------------------------------------------

export type Step = { key: string; words: string; detail: string; at: string; tone: Tone | 'ahead' }

/** Everything that has happened, in its order, then what is awaited. */
export function stepsOf(request: AssistRequest, now: number): Step[] {
  const accepted = isTaken(request) ? request.accepted_at : null
  const taking = taken(request, now)
  const earlier = request.legs.filter((leg) => accepted !== null && Date.parse(timeOf(leg)) < Date.parse(accepted))
  const attempts = (legs: readonly Leg[]): Step[] => legs.map((leg) => attempt(leg, request))
  const others = request.legs.filter((leg) => !earlier.includes(leg))
  const middle = accepted === null ? [...attempts(others), ...taking] : [...attempts(earlier), ...taking, ...attempts(others)]
  return [raised(request), ...middle, ...ending(request, now)]
}

function raised(request: AssistRequest): Step {
  return { key: 'raised', words: t('step.raised'), detail: request.urged ? t('step.urged') : '', at: clock(request.raised_at), tone: 'done' }
}

/** Whoever had taken it may have left it again; then it waits once more. */
function isTaken(request: AssistRequest): boolean {
  return request.accepted_at !== null && request.state !== 'waiting' && request.state !== 'left'
}

function taken(request: AssistRequest, now: number): Step[] {
  if (isTaken(request) && request.accepted_at) {
    return [{ key: 'accepted', words: t('step.accepted', { name: nameOf(request) }), detail: '', at: clock(request.accepted_at), tone: 'done' }]
  }
  if (!isOpen(request)) return []
  const late = isLate(request, now)
  const words = request.state === 'left' ? t('progress.left') : t('step.waiting')
  return [{ key: 'accepted', words, detail: late ? t('step.late') : '', at: '', tone: late ? 'alarm' : 'wait' }]
}

const LEG_TONES: Readonly<Record<Leg['state'], Step['tone']>> = {
  planned: 'ahead',
  sending: 'run',
  sent: 'run',
  delivered: 'done',
  answered: 'done',
  failed: 'wait',
  skipped: 'quiet',
}

function attempt(leg: Leg, request: AssistRequest): Step {
  const detail = joined(attemptWords(leg), leg.to)
  return { key: leg.id, words: legWords(leg, request), detail, at: clock(timeOf(leg)), tone: LEG_TONES[leg.state] }
}

function ending(request: AssistRequest, now: number): Step[] {
  const progress = progressOf(request, now)
  const step = (key: string, words: WordKey, at: string, tone: Step['tone'], detail = ''): Step => ({ key, words: t(words), detail, at, tone })
  const promise = request.promised_at ? [promised(request.promised_at, isOpen(request), now)] : []
  if (progress.is === 'arrived') {
    return [...promise, step('end', 'step.arrived', clock(progress.at), 'done', tCode('arrived_by', progress.by, {}, 'arrived_by.other'))]
  }
  if (progress.is === 'ended') {
    return [...promise, { key: 'end', words: outcomeWords(progress.outcome), detail: '', at: progress.at ? clock(progress.at) : '', tone: 'quiet' }]
  }
  return [...promise, step('end', request.appointment_id && request.legs.length > 0 ? 'step.until_online' : 'step.until_done', '', 'ahead')]
}

function promised(at: string, open: boolean, now: number): Step {
  const late = open && now > Date.parse(at)
  const detail = open ? distance({ at, late }, now) : ''
  return { key: 'promised', words: t('progress.promised', { at: clock(at) }), detail, at: '', tone: late ? 'alarm' : 'done' }
}
