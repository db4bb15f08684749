/** A trouble in words: what it is, what still works, what does not, what to do. */
import type { DependencyTrouble } from '../../api/types'
import { t, tCode } from '../../i18n'

export type TroubleWords = { title: string; works: string; fails: string; todo: string }

export function troubleWords({ name, problem }: DependencyTrouble): TroubleWords {
  const said = (part: 'works' | 'fails' | 'todo'): string => tCode(`condition.${part}`, `${name}.${problem}`, {}, `condition.${part}.${name}`)
  return { title: titleOf({ name, problem }), works: said('works'), fails: said('fails'), todo: said('todo') }
}

export function titleOf({ name, problem }: Pick<DependencyTrouble, 'name' | 'problem'>): string {
  return tCode('condition.title', `${name}.${problem}`, {}, 'condition.label')
}

/** What is over since the last telling, in words; empty when nothing is. */
export function overWords(before: readonly DependencyTrouble[], now: readonly DependencyTrouble[]): string {
  const over = before.filter(({ name }) => !now.some((one) => one.name === name))
  return over.length > 0 ? t('condition.over', { what: over.map(titleOf).join(' · ') }) : ''
}
