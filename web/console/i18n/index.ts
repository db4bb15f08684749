/** The console's words. `zh.json` and `en.json` hold those of the desk itself, `panels.*.json` those of the panels and
 *  dialogs around a conversation, `knowledge.*.json` those of the knowledge editor; a key that is in none of them does not compile. */
import { createTranslator } from '@shared/translate'
import { ApiError } from '../api'
import en from './en.json'
import knowledgeEn from './knowledge.en.json'
import knowledgeZh from './knowledge.zh.json'
import panelsEn from './panels.en.json'
import panelsZh from './panels.zh.json'
import zh from './zh.json'

export type WordKey = keyof typeof zh | keyof typeof panelsZh | keyof typeof knowledgeZh

export const { t, tCode, language, setLanguage } = createTranslator<WordKey>({
  zh: { ...zh, ...panelsZh, ...knowledgeZh },
  en: { ...en, ...panelsEn, ...knowledgeEn },
  store: 'caredesk.language',
})

/** What went wrong, in words: what happened, what is safe, what to do. */
export function tError(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown', { code: 'browser' })
  if (error.code === 'rate.limited') return tTooMany(error)
  return tCode('error', error.code, { ...error.fields, request: error.requestId }, 'error.unknown')
}

/** Some limits have words of their own: a long wait is told in minutes, with what to do meanwhile. */
function tTooMany({ fields }: ApiError): string {
  const minutes = Math.ceil(Number(fields.retry_after ?? 60) / 60)
  return tCode('error.rate.limited', String(fields.rule), { ...fields, minutes }, 'error.rate.limited')
}
