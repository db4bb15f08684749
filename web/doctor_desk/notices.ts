/** The words of a notice on a request's talk, from the doctor's point of view. */
import type { Schemas } from '@contract'
import { namedDayAndClock } from '@shared/time'
import { language, tCode } from './i18n'

const TIMES = ['next_open', 'promised_at', 'starts_at']

/** Codes whose sentence names a time, with the field that holds it; without it the sentence is another. */
const WITH_TIME: Readonly<Record<string, string>> = {
  'queue.closed': 'next_open',
  'queue.closing': 'promised_at',
  'queue.promised': 'promised_at',
  'queue.cancelled': 'promised_at',
  'message.promised': 'promised_at',
}

export function noticeWords(notice: Schemas['NoticeBody'], now: number): string {
  const fields: Record<string, string> = { ...notice.fields }
  for (const name of TIMES) {
    const at = fields[name]
    if (at) fields[name] = namedDayAndClock(at, now, language.value)
  }
  const needed = WITH_TIME[notice.code]
  return tCode('notice', needed && !fields[needed] ? `${notice.code}.no_time` : notice.code, fields, 'notice.unknown')
}
