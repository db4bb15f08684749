/** The console's words. `zh.json` and `en.json` hold those of the desk itself, `panels.*.json` those of the panels and
 *  dialogs around a conversation, `knowledge.*.json` those of the knowledge editor, `graph.*.json` those of the graph, `guardrails.*.json` those of guardrails on text, `retention.*.json` those of erasures and holds, `review.*.json` those of the
 *  review and the bot's report, `calendar.*.json` those of the clinic's calendar, `floor.*.json` those of the supervisor's floor, `routing.*.json` those of the routing policy and its decisions, `staffing.*.json` those of the roster, `sandbox.*.json` those of the policy sandbox, `assist.*.json` those of doctors' requests, `phone.*.json` those of calls, `hotline.*.json` those of the hotline's set-up, `audit.*.json` those of the audit, `continuity.*.json` those of trouble and incidents, `access.*.json` those of who may open what, `accounts.*.json` those of accounts and sessions, `factor.*.json` those of two-step sign-in, `webhooks.*.json` those of systems that hear of news; a key that is in none of them does not compile. */
import sharedEn from '@shared/continuity/words.en.json'
import sharedZh from '@shared/continuity/words.zh.json'
import { createTranslator } from '@shared/translate'
import { ApiError } from '../api'
import accessEn from './access.en.json'
import accessZh from './access.zh.json'
import accountsEn from './accounts.en.json'
import accountsZh from './accounts.zh.json'
import assistEn from './assist.en.json'
import assistZh from './assist.zh.json'
import auditEn from './audit.en.json'
import auditZh from './audit.zh.json'
import calendarEn from './calendar.en.json'
import calendarZh from './calendar.zh.json'
import continuityEn from './continuity.en.json'
import continuityZh from './continuity.zh.json'
import en from './en.json'
import factorEn from './factor.en.json'
import factorZh from './factor.zh.json'
import floorEn from './floor.en.json'
import floorZh from './floor.zh.json'
import graphEn from './graph.en.json'
import graphZh from './graph.zh.json'
import guardrailsEn from './guardrails.en.json'
import guardrailsZh from './guardrails.zh.json'
import hotlineEn from './hotline.en.json'
import hotlineZh from './hotline.zh.json'
import knowledgeEn from './knowledge.en.json'
import knowledgeZh from './knowledge.zh.json'
import panelsEn from './panels.en.json'
import panelsZh from './panels.zh.json'
import phoneEn from './phone.en.json'
import phoneZh from './phone.zh.json'
import retentionEn from './retention.en.json'
import retentionZh from './retention.zh.json'
import reviewEn from './review.en.json'
import reviewZh from './review.zh.json'
import routingEn from './routing.en.json'
import routingZh from './routing.zh.json'
import sandboxEn from './sandbox.en.json'
import sandboxZh from './sandbox.zh.json'
import staffingEn from './staffing.en.json'
import staffingZh from './staffing.zh.json'
import webhooksEn from './webhooks.en.json'
import webhooksZh from './webhooks.zh.json'
import zh from './zh.json'

export type WordKey = keyof typeof accessZh | keyof typeof accountsZh | keyof typeof assistZh | keyof typeof auditZh | keyof typeof calendarZh | keyof typeof continuityZh | keyof typeof factorZh | keyof typeof floorZh | keyof typeof graphZh | keyof typeof guardrailsZh | keyof typeof zh | keyof typeof hotlineZh | keyof typeof panelsZh | keyof typeof phoneZh | keyof typeof knowledgeZh | keyof typeof retentionZh | keyof typeof sharedZh | keyof typeof reviewZh | keyof typeof routingZh | keyof typeof sandboxZh | keyof typeof staffingZh | keyof typeof webhooksZh

export const { t, tCode, language, setLanguage } = createTranslator<WordKey>({
  zh: { ...zh, ...sharedZh, ...accessZh, ...accountsZh, ...assistZh, ...auditZh, ...calendarZh, ...continuityZh, ...factorZh, ...floorZh, ...graphZh, ...guardrailsZh, ...hotlineZh, ...panelsZh, ...phoneZh, ...knowledgeZh, ...retentionZh, ...reviewZh, ...routingZh, ...sandboxZh, ...staffingZh, ...webhooksZh },
  en: { ...en, ...sharedEn, ...accessEn, ...accountsEn, ...assistEn, ...auditEn, ...calendarEn, ...continuityEn, ...factorEn, ...floorEn, ...graphEn, ...guardrailsEn, ...hotlineEn, ...panelsEn, ...phoneEn, ...knowledgeEn, ...retentionEn, ...reviewEn, ...routingEn, ...sandboxEn, ...staffingEn, ...webhooksEn },
  store: 'caredesk.language',
})

/** What went wrong, in words: what happened, what is safe, what to do. */
export function tError(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown', { code: 'browser' })
  if (error.code === 'rate.limited') return tTooMany(error)
  if (error.code === 'picture.refused') return tCode('error.picture.refused', String(error.fields.reason), {}, 'error.picture.refused')
  return tCode('error', error.code, { ...error.fields, request: error.requestId }, 'error.unknown')
}

/** Some limits have words of their own: a long wait is told in minutes, with what to do meanwhile. */
function tTooMany({ fields }: ApiError): string {
  const minutes = Math.ceil(Number(fields.retry_after ?? 60) / 60)
  return tCode('error.rate.limited', String(fields.rule), { ...fields, minutes }, 'error.rate.limited')
}
