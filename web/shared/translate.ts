/** Words by key in two languages. A key that is not in the word files does not compile; codes from the server are looked up. */
import { readonly, ref } from 'vue'
import type { Ref } from 'vue'
import type { Language } from './time'

export type Fields = Readonly<Record<string, string | number>>

export type Translator<Key extends string> = {
  /** The words of a key with its fields filled in. */
  t: (key: Key, fields?: Fields) => string
  /** The words of a code that came over the wire, or those of `otherwise`. */
  tCode: (family: string, code: string, fields?: Fields, otherwise?: Key) => string
  language: Readonly<Ref<Language>>
  setLanguage: (language: Language) => void
}

type Words<Key extends string> = Readonly<Record<Key, string>>

export function createTranslator<Key extends string>(words: { zh: Words<Key>; en: Words<Key>; store: string }): Translator<Key> {
  const language = ref<Language>(remembered(words.store))
  document.documentElement.lang = tag(language.value)

  const find = (key: string): string | undefined => (words[language.value] as Record<string, string>)[key]

  return {
    t: (key, fields) => fill(find(key) ?? key, fields),
    tCode: (family, code, fields, otherwise) => {
      const found = find(`${family}.${code}`) ?? (otherwise && find(otherwise))
      return fill(found ?? code, { code, ...fields })
    },
    language: readonly(language),
    setLanguage: (chosen) => {
      language.value = chosen
      localStorage.setItem(words.store, chosen)
      document.documentElement.lang = tag(chosen)
    },
  }
}

/** Puts fields into `{braces}`; a field that is missing leaves nothing behind rather than a brace on the screen. */
export function fill(words: string, fields: Fields = {}): string {
  return words.replace(/\{(\w+)\}/g, (_, name: string) => String(fields[name] ?? ''))
}

function remembered(store: string): Language {
  return localStorage.getItem(store) === 'en' ? 'en' : 'zh'
}

function tag(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en'
}
