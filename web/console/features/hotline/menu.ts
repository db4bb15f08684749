/** The menu that callers hear, while it is being edited: what is missing, which keys are free, how it sounds. Pure. */
import type { MenuOption, OptionKind, Prompt, Setup, SetupQueue } from './api'

export const KINDS: readonly OptionKind[] = ['queue', 'information', 'call_back', 'message']
export const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '*', '#'] as const
export const MOST_OPTIONS = 10

export type Fault = 'digit_twice' | 'queue_missing' | 'queue_gone' | 'prompt_missing' | 'call_back_off' | 'voicemail_off'

/** Why an option would not do what it promises; empty when it would. */
export function faultsOf(option: MenuOption, setup: Setup, queues: readonly SetupQueue[]): Fault[] {
  const faults: Fault[] = []
  if (setup.options.filter((one) => one.digit === option.digit).length > 1) faults.push('digit_twice')
  if (option.kind === 'queue' && !option.queue_key) faults.push('queue_missing')
  if (option.queue_key && !queues.some((one) => one.key === option.queue_key)) faults.push('queue_gone')
  if (option.kind === 'information' && !option.prompt) faults.push('prompt_missing')
  if (option.kind === 'call_back' && !setup.call_back) faults.push('call_back_off')
  if (option.kind === 'message' && !setup.voicemail) faults.push('voicemail_off')
  return faults
}

/** What keeps the whole from being saved; what only surprises callers does not. */
export function isSound(setup: Setup, queues: readonly SetupQueue[]): boolean {
  const stops: readonly Fault[] = ['digit_twice', 'queue_missing', 'queue_gone', 'prompt_missing']
  return setup.options.every((one) => !faultsOf(one, setup, queues).some((fault) => stops.includes(fault)))
}

export function freeDigit(setup: Setup): string | null {
  return DIGITS.find((digit) => !setup.options.some((one) => one.digit === digit)) ?? null
}

/** A new line of the menu, on the next free key. */
export function withOption(setup: Setup, queues: readonly SetupQueue[]): Setup {
  const digit = freeDigit(setup)
  if (digit === null || setup.options.length >= MOST_OPTIONS) return setup
  const [first] = queues
  return { ...setup, options: [...setup.options, { digit, kind: 'queue', queue_key: first?.key ?? null, prompt: null }] }
}

/** An option of another kind keeps its key and forgets what does not belong to its kind. */
export function ofKind(option: MenuOption, kind: OptionKind, about: { queues: readonly SetupQueue[]; information: readonly string[] }): MenuOption {
  return {
    digit: option.digit,
    kind,
    queue_key: kind === 'queue' ? (option.queue_key ?? about.queues[0]?.key ?? null) : null,
    prompt: kind === 'information' ? (about.information[0] ?? null) : null,
  }
}

export function without(setup: Setup, at: number): Setup {
  return { ...setup, options: setup.options.filter((_, index) => index !== at) }
}

export function moved(setup: Setup, at: number, step: 1 | -1): Setup {
  const options = [...setup.options]
  const [one] = options.splice(at, 1)
  if (!one || at + step < 0 || at + step > options.length) return setup
  options.splice(at + step, 0, one)
  return { ...setup, options }
}

export function changed(setup: Setup, at: number, option: MenuOption): Setup {
  return { ...setup, options: setup.options.map((one, index) => (index === at ? option : one)) }
}

/** The prompts that fit what is sought, those that were recorded by hand first. */
export function promptsFor(prompts: readonly Prompt[], sought: string): Prompt[] {
  const words = sought.trim().toLowerCase()
  const found = prompts.filter((one) => !words || [one.name, one.zh, one.en].some((text) => text.toLowerCase().includes(words)))
  return found.sort((a, b) => rank(a) - rank(b))
}

function rank(prompt: Prompt): number {
  if (prompt.origin === 'uploaded') return 0
  return { name: 1, phrase: 2, sound: 3, part: 4 }[prompt.kind]
}
