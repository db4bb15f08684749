/** Each rule as a sentence that a supervisor can check by reading it aloud. */
import { language, t, tCode } from '../../i18n'
import type { PolicyQueue, Rule, RuleChange, RuleName } from './api'

/** Rules that rank agents; their order in the list is the order of asking. */
export const RANKING: readonly RuleName[] = ['sticky_agent', 'fresh_first', 'language_first', 'least_loaded', 'longest_idle', 'most_skilled']

export function isRanking(rule: Rule): boolean {
  return RANKING.includes(rule.rule)
}

/** Rules that only have a place among the others: there is nothing to set in them. */
export function hasFields(rule: Rule): boolean {
  return rule.rule === 'sticky_agent' || !isRanking(rule)
}

export function seconds(n: number): string {
  if (n > 0 && n % 3600 === 0) return t('policy.hours', { n: n / 3600 })
  if (n > 0 && n % 60 === 0) return t('policy.minutes', { n: n / 60 })
  return t('policy.seconds', { n })
}

export function queueName(key: string | null | undefined, queues: readonly PolicyQueue[]): string {
  if (!key) return t('policy.every_queue')
  const queue = queues.find((one) => one.key === key)
  if (!queue) return key
  return language.value === 'en' && queue.name_en ? queue.name_en : queue.name
}

export function className(name: string): string {
  return tCode('policy.class', name, { name }, 'policy.class.other')
}

export function sentenceOf(rule: Rule, queues: readonly PolicyQueue[]): string {
  const name = (key: string | null | undefined): string => queueName(key, queues)
  switch (rule.rule) {
    case 'classes':
      return classesSentence(rule.classes)
    case 'sticky_agent':
      return t('policy.say.sticky_agent', { time: seconds(rule.for_seconds) })
    case 'fresh_first':
    case 'language_first':
    case 'least_loaded':
    case 'longest_idle':
    case 'most_skilled':
      return t(`policy.say.${rule.rule}`)
    case 'skill_rings':
      return t('policy.say.skill_rings', { queue: name(rule.queue), rings: rule.rings.map((ring) => ringWords(ring, name)).join(t('policy.semicolon')) })
    case 'overflow':
      return t('policy.say.overflow', { queue: name(rule.queue), time: seconds(rule.after_seconds), to: name(rule.to) })
    case 'promise':
      return t('policy.say.promise', { queue: name(rule.queue), time: seconds(rule.after_seconds), promise: seconds(rule.promise_minutes * 60) })
    case 'pause':
      return t('policy.say.pause', { time: seconds(rule.seconds) })
    case 'misses':
      return t('policy.say.misses', { n: rule.limit })
    case 'budget':
      return budgetSentence(rule)
    case 'claiming':
      return t(rule.allowed ? 'policy.say.claiming' : 'policy.say.no_claiming')
  }
}

type Classes = Extract<Rule, { rule: 'classes' }>['classes']

function classesSentence(classes: Classes): string {
  const ahead = classes.filter((one) => one.head_start_seconds > 0)
  const said = ahead.map((one) => t('policy.say.class', { name: className(one.name), time: seconds(one.head_start_seconds) }))
  return said.length > 0 ? capital(t('policy.say.classes', { classes: said.join(t('policy.comma')) })) : t('policy.say.no_classes')
}

/** A class's name may begin a sentence. */
function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

type Ring = Extract<Rule, { rule: 'skill_rings' }>['rings'][number]

function ringWords(ring: Ring, name: (key: string) => string): string {
  const who = t('policy.say.ring_level', { n: ring.min_level })
  const also = ring.also_queues.length > 0 ? t('policy.say.ring_also', { queues: ring.also_queues.map(name).join(t('policy.and')) }) : ''
  const when = ring.after_seconds === 0 ? t('policy.say.ring_first') : t('policy.say.ring_later', { time: seconds(ring.after_seconds) })
  return `${when}${who}${also}`
}

function budgetSentence(rule: Extract<Rule, { rule: 'budget' }>): string {
  const shares = Object.entries(rule.weights).filter(([channel]) => channel !== 'webchat')
  const weights = shares.map(([channel, n]) => t('policy.say.weight', { channel: tCode('policy.channel', channel, { channel }, 'policy.channel.other'), n }))
  const during = t(rule.new_work_during_exclusive ? 'policy.say.during' : 'policy.say.not_during')
  return capital([...weights, t('policy.say.exclusive', { n: rule.held_beside_exclusive }), during].join(t('policy.comma')))
}

/** One side of a change as a sentence; a rule that is not there says so. */
export function sideOf(change: RuleChange, side: 'before' | 'after', queues: readonly PolicyQueue[]): string {
  const fields = change[side]
  if (!fields) return t('policy.not_there')
  if (change.rule === 'order') return (fields.order as RuleName[]).map((name) => t(`policy.rule.${name}`)).join(' → ')
  return sentenceOf({ ...fields, rule: change.rule } as Rule, queues)
}

export function changeTitle(change: RuleChange, queues: readonly PolicyQueue[]): string {
  const rule = tCode('policy.rule', change.rule, {}, 'policy.rule.other')
  return change.queue ? t('policy.rule_of', { rule, queue: queueName(change.queue, queues) }) : rule
}
