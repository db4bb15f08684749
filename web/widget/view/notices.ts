/** What the desk says about itself, in words: by code, with times in the clinic's time. */
import type { NoticeBody } from '../core/types'
import { t, tCode } from '../i18n'
import { moment } from '../i18n/when'
import type { Context } from './context'

export function noticeWords({ code, fields }: NoticeBody, { desk }: Context): string {
  const { language } = desk.state
  const time = fields.next_open ?? fields.promised_at
  const at = time ? moment(time, desk.now(), language) : ''
  const to = (language === 'en' ? fields.to_en : undefined) ?? fields.to ?? ''
  // Some notices have another sentence when their time or goal is not known.
  const variant = at === '' && to === '' ? `${code}.unknown` : code
  return tCode('notice', variant, { ...fields, at, to }, t('notice.other'))
}
