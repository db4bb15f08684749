/** Closing without the mouse: a number for the category, a number for the outcome, Enter. Pure. */
import type { OptionView } from '../../api/types'

export type Closing = { category: string | null; outcome: string | null }
export type Choices = { categories: readonly OptionView[]; outcomes: readonly OptionView[] }

/** `submit` closes the conversation; `ignored` leaves the key to whoever else wants it. */
export type KeyResult = { closing: Closing; effect: 'chosen' | 'submit' | 'ignored' }

/** The keys of the top row in their order: twelve choices are reached with one hand. */
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '-', '=']

export const NOTHING_CHOSEN: Readonly<Closing> = { category: null, outcome: null }

export function keyOf(index: number): string {
  return KEYS[index] ?? ''
}

/** The outcomes of a category, with those that fit every category. */
export function outcomesOf(category: string | null, outcomes: readonly OptionView[]): OptionView[] {
  return category === null ? [] : outcomes.filter((one) => one.parent === '' || one.parent === category)
}

export function isComplete(closing: Closing): closing is { category: string; outcome: string } {
  return closing.category !== null && closing.outcome !== null
}

/** Another category keeps no outcome of the one before; with a single outcome there is nothing to choose. */
export function withCategory(category: string, choices: Choices): Closing {
  const outcomes = outcomesOf(category, choices.outcomes)
  return { category, outcome: outcomes.length === 1 ? (outcomes[0]?.key ?? null) : null }
}

export function pressed(key: string, closing: Closing, choices: Choices): KeyResult {
  const ignored: KeyResult = { closing, effect: 'ignored' }
  if (key === 'Enter') return isComplete(closing) ? { closing, effect: 'submit' } : ignored
  if (key === 'Backspace') return closing.category === null ? ignored : { closing: stepBack(closing), effect: 'chosen' }
  const index = KEYS.indexOf(key)
  if (index < 0) return ignored
  return closing.category === null ? pickCategory(index, closing, choices) : pickOutcome(index, closing, choices)
}

function stepBack(closing: Closing): Closing {
  return closing.outcome === null ? NOTHING_CHOSEN : { ...closing, outcome: null }
}

function pickCategory(index: number, closing: Closing, choices: Choices): KeyResult {
  const category = choices.categories[index]
  return category ? { closing: withCategory(category.key, choices), effect: 'chosen' } : { closing, effect: 'ignored' }
}

function pickOutcome(index: number, closing: Closing, choices: Choices): KeyResult {
  const outcome = outcomesOf(closing.category, choices.outcomes)[index]
  return outcome ? { closing: { ...closing, outcome: outcome.key }, effect: 'chosen' } : { closing, effect: 'ignored' }
}
