/** A decision of the matcher as people say it: 09:42 派给 客服小林：空闲最久，负载 1/5；小王未就绪，小李已满. */
import { clock } from '@shared/time'
import type { DecisionView } from '../../api/panels'
import { t, tCode } from '../../i18n'
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
  return [t(`decisions.advantage.${advantage}`), load].join(t('decisions.comma'))
}

function excludedWords({ excluded }: Explained): string {
  return excluded.map((group) => t('decisions.excluded', { names: namesOf(group), reason: exclusionWords(group.reason) })).join(t('decisions.comma'))
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
