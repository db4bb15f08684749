/** The doctor's words; a key that is not in the word files does not compile. */
import sharedEn from '@shared/continuity/words.en.json'
import sharedZh from '@shared/continuity/words.zh.json'
import { createTranslator } from '@shared/translate'
import { clock } from '@shared/time'
import { ApiError } from '../api'
import continuityEn from './continuity.en.json'
import continuityZh from './continuity.zh.json'
import en from './en.json'
import extrasEn from './extras.en.json'
import extrasZh from './extras.zh.json'
import requestsEn from './requests.en.json'
import requestsZh from './requests.zh.json'
import zh from './zh.json'

export type WordKey = keyof typeof zh | keyof typeof requestsZh | keyof typeof extrasZh | keyof typeof continuityZh | keyof typeof sharedZh

export const { t, tCode, language, setLanguage } = createTranslator<WordKey>({
  zh: { ...zh, ...requestsZh, ...extrasZh, ...sharedZh, ...continuityZh },
  en: { ...en, ...requestsEn, ...extrasEn, ...sharedEn, ...continuityEn },
  store: 'caredesk.language',
})

/** What went wrong, in words. */
export function tError(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown', { code: 'browser' })
  const { until, retry_after, reason } = error.fields
  const fields = { clock: typeof until === 'string' ? clock(until) : '', seconds: typeof retry_after === 'number' ? retry_after : '' }
  if (error.code === 'picture.refused') return tCode('error.picture.refused', String(reason), fields, 'error.picture.refused')
  return tCode('error', error.code, fields, 'error.unknown')
}
