/** A decision of the matcher as people say it: 09:42 派给 客服小林：空闲最久，负载 1/5；小王未就绪，小李已满. */
import { clock, duration } from '@shared/time'
import type { DecisionView } from '../../api/panels'
import { language, t, tCode } from '../../i18n'
import { explain } from './sentence'
import type { Excluded, Explained } from './sentence'

/** All names are in the table below; a sentence should be read to its end. */
const NAMED = 3

export function decisionSentence(decision: DecisionView): string {
  const explained = explain(decision)
  const others = excludedWords(explained)
  const head = explained.chosen
    ? t('decisions.given_to', { time: clock(decision.at), name: explained.chosen.name, why: whyWords(explained) })
    : t('decisions.given_to_nobody', { time: clock(decision.at) })
  return others ? t('decisions.sentence', { head, others }) : t('decisions.sentence_alone', { head })
}

function whyWords({ chosen, advantage }: Explained): string {
  const load = t('decisions.load', { load: chosen?.load ?? 0, capacity: chosen?.capacity ?? 0 })
  const idle = duration(chosen?.idle_seconds ?? 0, language.value)
  const why = advantage === 'longest_idle' ? t('decisions.idle', { time: idle }) : t(`decisions.advantage.${advantage}`)
  return [why, load].join(t('decisions.comma'))
}

function excludedWords({ excluded }: Explained): string {
  return excluded.map(groupWords).join(t('decisions.comma'))
}

/** Few who are full are named with how full; anything else is said once for all who share it. */
function groupWords(group: Excluded): string {
  const { reason, members } = group
  if (reason !== 'no_capacity' || members.length > NAMED) return t('decisions.excluded', { names: namesOf(group), reason: exclusionWords(reason) })
  return members.map(({ name, load, capacity }) => t('decisions.full', { name, load, capacity })).join(t('decisions.and'))
}

function namesOf({ names }: Excluded): string {
  const named = names.slice(0, NAMED).join(t('decisions.and'))
  return names.length > NAMED ? t('decisions.and_more', { names: named, n: names.length }) : named
}

export function exclusionWords(reason: string): string {
  return tCode('exclusion', reason, {}, 'exclusion.other')
}

export function triggerWords(trigger: string): string {
  return tCode('trigger', trigger, {}, 'trigger.other')
}
