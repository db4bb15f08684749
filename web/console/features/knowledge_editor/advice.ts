/** What of the desk's advice is worth a look, and what a parent will miss below an answer. Pure. */
import type { Advice, EntryForm } from './api'

/** Questions that lead elsewhere today. Those of a new entry lead nowhere yet: only what is answered already tells that
 *  the base has such an entry. */
export function missedOf(advice: Advice | null, isNew: boolean): Advice['missed'] {
  const missed = advice?.missed ?? []
  return isNew ? missed.filter((one) => one.outcome === 'answer' && one.led_to !== '') : missed
}

/** Facts that stand below every answer and are empty here; nothing while the answer itself is not written. */
export function lackingFacts(form: EntryForm): ('source' | 'owner' | 'valid_until')[] {
  if (form.answer.trim() === '') return []
  return (['source', 'owner', 'valid_until'] as const).filter((field) => (form[field] ?? '').trim() === '')
}

/** How many things there are to look at. */
export function adviceCount(advice: Advice | null, isNew: boolean, form: EntryForm): number {
  if (!advice) return 0
  return advice.near.length + advice.contradictions.length + missedOf(advice, isNew).length + Math.min(lackingFacts(form).length, 1)
}
