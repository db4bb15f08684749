/** Which keys do what, in one table: the listener, the help and the hints beside buttons all read it. Pure. */
import type { WordKey } from '../../i18n'

type Outcome = `outcome_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`

export type Command =
  | 'help'
  | 'search'
  | 'back'
  | 'go_mine'
  | 'go_waiting'
  | 'go_closed'
  | 'next'
  | 'previous'
  | 'open'
  | 'accept'
  | 'decline'
  | 'call_mute'
  | 'call_hold'
  | 'call_end'
  | 'reply'
  | 'note'
  | 'canned'
  | 'transfer'
  | 'close'
  | 'unread'
  | 'panel'
  | 'next_panel'
  | 'insert_1'
  | 'insert_2'
  | 'insert_3'
  | Outcome
  | 'presence'
  | 'notices'

export type Binding = {
  command: Command
  /** Keys one after the other, as `KeyboardEvent.key` names them; `Ctrl+k` also stands for the Mac's command key. */
  keys: readonly string[]
  group: 'everywhere' | 'lists' | 'conversation' | 'call'
  words: WordKey
  /** Also while somebody types. */
  whileTyping?: boolean
}

export const KEYMAP: readonly Binding[] = [
  { command: 'help', keys: ['?'], group: 'everywhere', words: 'keys.help' },
  { command: 'search', keys: ['Ctrl+k'], group: 'everywhere', words: 'keys.search', whileTyping: true },
  { command: 'back', keys: ['Escape'], group: 'everywhere', words: 'keys.back', whileTyping: true },
  { command: 'accept', keys: ['a'], group: 'everywhere', words: 'keys.accept' },
  { command: 'accept', keys: ['Alt+a'], group: 'everywhere', words: 'keys.accept_while_typing', whileTyping: true },
  { command: 'decline', keys: ['x'], group: 'everywhere', words: 'keys.decline' },
  { command: 'presence', keys: ['s'], group: 'everywhere', words: 'keys.presence' },
  { command: 'notices', keys: ['b'], group: 'everywhere', words: 'keys.notices' },
  { command: 'go_mine', keys: ['g', 'm'], group: 'lists', words: 'keys.go_mine' },
  { command: 'go_waiting', keys: ['g', 'w'], group: 'lists', words: 'keys.go_waiting' },
  { command: 'go_closed', keys: ['g', 'c'], group: 'lists', words: 'keys.go_closed' },
  { command: 'next', keys: ['j'], group: 'lists', words: 'keys.next' },
  { command: 'next', keys: ['ArrowDown'], group: 'lists', words: 'keys.next' },
  { command: 'previous', keys: ['k'], group: 'lists', words: 'keys.previous' },
  { command: 'previous', keys: ['ArrowUp'], group: 'lists', words: 'keys.previous' },
  { command: 'open', keys: ['Enter'], group: 'lists', words: 'keys.open' },
  { command: 'reply', keys: ['r'], group: 'conversation', words: 'keys.reply' },
  { command: 'note', keys: ['n'], group: 'conversation', words: 'keys.note' },
  { command: 'canned', keys: ['/'], group: 'conversation', words: 'keys.canned' },
  { command: 'transfer', keys: ['t'], group: 'conversation', words: 'keys.transfer' },
  { command: 'close', keys: ['c'], group: 'conversation', words: 'keys.close' },
  { command: 'unread', keys: ['u'], group: 'conversation', words: 'keys.unread' },
  { command: 'panel', keys: ['p'], group: 'conversation', words: 'keys.panel' },
  { command: 'insert_1', keys: ['Alt+1'], group: 'conversation', words: 'keys.insert_suggestion', whileTyping: true },
  { command: 'insert_2', keys: ['Alt+2'], group: 'conversation', words: 'keys.insert_suggestion', whileTyping: true },
  { command: 'insert_3', keys: ['Alt+3'], group: 'conversation', words: 'keys.insert_suggestion', whileTyping: true },
  ...([1, 2, 3, 4, 5, 6, 7, 8] as const).map((n): Binding => ({ command: `outcome_${n}`, keys: [String(n)], group: 'conversation', words: 'keys.outcomes' })),
  { command: 'next_panel', keys: [']'], group: 'conversation', words: 'keys.next_panel' },
  // With Alt, because one writes notes while one speaks; and twice to hang up, because it cannot be taken back.
  { command: 'call_mute', keys: ['Alt+m'], group: 'call', words: 'keys.call_mute', whileTyping: true },
  { command: 'call_hold', keys: ['Alt+h'], group: 'call', words: 'keys.call_hold', whileTyping: true },
  { command: 'call_end', keys: ['Alt+x', 'Alt+x'], group: 'call', words: 'keys.call_end', whileTyping: true },
]

export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing'>

export type Where = {
  /** The focus is in a field that takes text. */
  typing: boolean
  /** A dialog, a menu or a list of choices is open and has the keys for itself. */
  covered: boolean
  /** Single letters are switched off by the person. */
  lettersOff: boolean
}

export type Read = { command: Command | null; pending: readonly string[] }

/** Reads a key press after those that are `pending` and says which command it makes, if any. */
export function readKey(press: KeyPress, pending: readonly string[], where: Where): Read {
  const nothing: Read = { command: null, pending: [] }
  const name = nameOf(press)
  if (press.isComposing || name === null || where.covered) return nothing
  const allowed = KEYMAP.filter((binding) => mayFire(binding, where))
  const sequence = [...pending, name]
  const whole = allowed.find((binding) => same(binding.keys, sequence))
  if (whole) return { command: whole.command, pending: [] }
  if (allowed.some((binding) => begins(binding.keys, sequence))) return { command: null, pending: sequence }
  // A sequence that leads nowhere is forgotten, and its last key read as a new beginning.
  return pending.length > 0 ? readKey(press, [], where) : nothing
}

/** How a person reads the keys: `Ctrl+K`, `G M`, `?`. */
export function keysInWords(keys: readonly string[]): string {
  const signs: Record<string, string> = { ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc' }
  return keys.map((key) => signs[key] ?? key.replace(/(^|\+)([a-z])$/, (_, before: string, letter: string) => before + letter.toUpperCase())).join(' ')
}

/** The first keys of a command, for the hint beside its button. */
export function hintFor(command: Command): string {
  const binding = KEYMAP.find((one) => one.command === command)
  return binding ? keysInWords(binding.keys) : ''
}

function nameOf(press: KeyPress): string | null {
  if (press.key === 'Process' || press.key === 'Dead') return null
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key
  if (press.ctrlKey || press.metaKey) return press.altKey || press.shiftKey ? null : `Ctrl+${key}`
  return press.altKey ? `Alt+${key}` : key
}

function mayFire(binding: Binding, where: Where): boolean {
  if (where.typing) return binding.whileTyping === true
  const isLetter = binding.keys.every((key) => key.length === 1)
  return !(where.lettersOff && isLetter)
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && begins(a, b)
}

function begins(keys: readonly string[], sequence: readonly string[]): boolean {
  return sequence.length <= keys.length && sequence.every((key, at) => keys[at] === key)
}
