import { expect, test } from 'vitest'
import type { OptionView } from '../../api/types'
import { keyOf, NOTHING_CHOSEN, outcomesOf, pressed, withCategory } from './closingKeys'
import type { Choices, Closing, KeyResult } from './closingKeys'

const option = (key: string, parent = ''): OptionView => ({ key, parent, zh: key, en: key })

const CHOICES: Choices = {
  categories: Array.from({ length: 12 }, (_, at) => option(`c${at + 1}`)),
  outcomes: [option('explained', 'c1'), option('solved', 'c1'), option('tracked', 'c7'), option('lost', 'c7'), option('only', 'c12')],
}

function press(keys: string, from: Closing = NOTHING_CHOSEN): KeyResult {
  return keys.split(' ').reduce<KeyResult>((at, key) => pressed(key, at.closing, CHOICES), { closing: from, effect: 'ignored' })
}

test('one number chooses the category, the next its outcome, Enter closes', () => {
  expect(press('7').closing).toEqual({ category: 'c7', outcome: null })
  expect(press('7 2').closing).toEqual({ category: 'c7', outcome: 'lost' })
  expect(press('7 2 Enter').effect).toBe('submit')
})

test('Enter does nothing until both are chosen', () => {
  expect(press('Enter').effect).toBe('ignored')
  expect(press('7 Enter').effect).toBe('ignored')
})

test('twelve categories are reached by the top row', () => {
  expect(press('0').closing.category).toBe('c10')
  expect(press('-').closing.category).toBe('c11')
  expect(press('=').closing.category).toBe('c12')
  expect(CHOICES.categories.map((_, at) => keyOf(at)).join('')).toBe('1234567890-=')
  expect(keyOf(12)).toBe('')
})

test('a category with one outcome needs no second number', () => {
  expect(press('=').closing).toEqual({ category: 'c12', outcome: 'only' })
})

test('a number without a choice behind it is left alone', () => {
  expect(press('7 9')).toEqual({ closing: { category: 'c7', outcome: null }, effect: 'ignored' })
  expect(press('x').effect).toBe('ignored')
})

test('Backspace takes back the outcome, then the category', () => {
  expect(press('7 2 Backspace').closing).toEqual({ category: 'c7', outcome: null })
  expect(press('7 2 Backspace Backspace').closing).toEqual(NOTHING_CHOSEN)
  expect(press('Backspace').effect).toBe('ignored')
})

test('another category forgets the outcome of the one before', () => {
  expect(withCategory('c1', CHOICES)).toEqual({ category: 'c1', outcome: null })
  expect(outcomesOf('c1', CHOICES.outcomes).map((one) => one.key)).toEqual(['explained', 'solved'])
  expect(outcomesOf(null, CHOICES.outcomes)).toEqual([])
})
