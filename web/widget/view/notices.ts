/** What the desk says about itself, in words: by code, with times in the clinic's time. */
import type { NoticeBody } from '../core/types'
import { t, tCode } from '../i18n'
import { moment } from '../i18n/when'
import type { Context } from './context'

export function noticeWords({ code, fields }: NoticeBody, { desk }: Context): string {
  const time = fields.next_open ?? fields.promised_at ?? fields.starts_at
  const at = time ? moment(time, desk.now(), desk.state.language) : ''
  // Some notices have another sentence when their time is not known, or when somebody else was there before.
  const variant = fields.transferred ? 'transferred' : at === '' ? 'unknown' : 'at'
  return tCode('notice', `${code}.${variant}`, { ...named(fields, desk.state.language), at }, t('notice.other'))
}

/** Names of departments, doctors and queues in the reader's language, where the desk sent both. */
function named(fields: Readonly<Record<string, string>>, language: string): Record<string, string> {
  const out = { ...fields }
  if (language !== 'en') return out
  for (const name of ['department', 'doctor', 'queue']) {
    const english = fields[`${name}_en`]
    if (english) out[name] = english
  }
  return out
}
