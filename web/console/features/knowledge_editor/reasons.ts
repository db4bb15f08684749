/** Why a row is refused: the server says it in English for the command line; people at a page read it in their language. */
import { language, t, tCode } from '../../i18n'
import type { WordKey } from '../../i18n'

type Pattern = { test: RegExp; words: WordKey; fields: (found: RegExpExecArray) => Record<string, string> }

const column = (name: string | undefined): string => tCode('kb.field', name ?? '')

const PATTERNS: Pattern[] = [
  { test: /^(\w+) is empty$/, words: 'kb.reason_empty', fields: ([, name]) => ({ name: column(name) }) },
  { test: /^(\w+) has (\d+) characters, (\d+) are allowed$/, words: 'kb.reason_long', fields: ([, name, n, limit]) => ({ name: column(name), n: n ?? '', limit: limit ?? '' }) },
  { test: /^id contains/, words: 'kb.reason_id', fields: () => ({}) },
  { test: /^id (.+) stands in (\d+) rows$/, words: 'kb.reason_twice', fields: ([, id, n]) => ({ id: id ?? '', n: n ?? '' }) },
  { test: /^(\w+) is no date like .*: (.*)$/, words: 'kb.reason_date', fields: ([, name, value]) => ({ name: column(name), value: value ?? '' }) },
  { test: /^valid_until lies before/, words: 'kb.fault_order', fields: () => ({}) },
  { test: /^(\d+) similar questions, (\d+) are allowed$/, words: 'kb.fault_too_many', fields: ([, , limit]) => ({ limit: limit ?? '' }) },
  { test: /^a similar question has \d+ characters, (\d+)/, words: 'kb.reason_similar', fields: ([, limit]) => ({ limit: limit ?? '' }) },
  { test: /^(\w+) contains control characters$/, words: 'kb.reason_control', fields: ([, name]) => ({ name: column(name) }) },
  { test: /^(\w+) is (?:neither|none of) .*: (.*)$/, words: 'kb.reason_value', fields: ([, name, value]) => ({ name: column(name), value: value ?? '' }) },
  { test: /^(\d+) cells more than/, words: 'kb.reason_cells', fields: ([, n]) => ({ n: n ?? '' }) },
  { test: /^ignored columns: (.*)$/, words: 'kb.reason_columns', fields: ([, names]) => ({ names: names ?? '' }) },
  { test: /^(.+) and (.+) ask (?:nearly )?the same: (.*)$/, words: 'kb.reason_near', fields: ([, one, other, text]) => ({ one: one ?? '', other: other ?? '', text: text ?? '' }) },
]

/** The reason in the reader's language; one that nobody has translated yet stays as it came. */
export function reasonInWords(reason: string): string {
  if (language.value === 'en') return reason
  for (const { test, words, fields } of PATTERNS) {
    const found = test.exec(reason)
    if (found) return t(words, fields(found))
  }
  return reason
}
