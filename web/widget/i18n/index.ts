/** Words by key in the language of the page. */
import type { Language } from '../core/types'
import enAddress from './en.json?url'
import type zh from './zh.json'

export type Word = keyof typeof zh
export type Words = Record<Word, string>
export type Fields = Readonly<Record<string, string | number>>

const known: Partial<Record<Language, Words>> = {}
let words: Partial<Record<string, string>> = {}

/** Chinese comes inside the page, so that it can never be missing. */
export function learn(language: Language, learned: Words): void {
  known[language] = learned
}

/** English is fetched by those who ask for it. False: it could not be had. */
export async function prepare(language: Language): Promise<boolean> {
  if (known[language]) return true
  try {
    learn(language, (await (await fetch(enAddress)).json()) as Words)
    return true
  } catch {
    return false
  }
}

export function speak(language: Language): void {
  words = known[language] ?? known.zh ?? {}
}

export function t(key: Word, fields: Fields = {}): string {
  return fill(words[key] ?? key, fields)
}

/** The words of a code of the desk: its own, else those of its family, else `otherwise`. */
export function tCode(family: string, code: string, fields: Fields, otherwise: string): string {
  const parts = `${family}.${code}`.split('.')
  for (; parts.length > 1; parts.pop()) {
    const found = words[parts.join('.')]
    if (found !== undefined) return fill(found, fields)
  }
  return otherwise
}

export function tError({ code, fields }: { code: string; fields?: Record<string, unknown> }): string {
  const reason = fields?.reason
  return tCode('error', typeof reason === 'string' ? `${code}.${reason}` : code, {}, t('error.unknown'))
}

function fill(text: string, fields: Fields): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(fields[name] ?? ''))
}
