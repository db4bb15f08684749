/** What a trouble means for agents: what still works, what does not, what to do. */
import { titleOf } from '@shared/continuity/told'
import type { TroubleWords } from '@shared/continuity/told'
import type { DependencyTrouble } from '../../api/types'
import { t, tCode } from '../../i18n'

export function meaningOf({ name, problem }: DependencyTrouble): Omit<TroubleWords, 'title'> {
  const said = (part: 'works' | 'fails' | 'todo'): string => tCode(`condition.${part}`, `${name}.${problem}`, {}, `condition.${part}.${name}`)
  return { works: said('works'), fails: said('fails'), todo: said('todo') }
}

/** What is over since the last telling, in words; empty when nothing is. */
export function overWords(before: readonly DependencyTrouble[], now: readonly DependencyTrouble[]): string {
  const over = before.filter(({ name }) => !now.some((one) => one.name === name))
  return over.length > 0 ? t('condition.over', { what: over.map((one) => titleOf({ tCode }, one)).join(' · ') }) : ''
}
