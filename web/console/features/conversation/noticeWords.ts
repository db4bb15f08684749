/** The words of a notice: its fields are names, keys of the hospital's lists and times, each made readable here. */
import { namedDayAndClock } from '@shared/time'
import type { Fields } from '@shared/translate'
import type { NoticeBody } from '../../api/types'
import { language, t, tCode } from '../../i18n'
import { useDesk } from '../../stores/desk'

const TIMES = ['next_open', 'promised_at', 'starts_at']
const NAMES = ['queue', 'department', 'doctor']

/** `toDoctor`: the talk is a colleague's request, and no family is told anything. */
export function noticeWords(notice: NoticeBody, now: number, toDoctor = false): string {
  const fields = readable(notice, now)
  // A time that is not known must not leave a hole in the sentence.
  const lacksTime = TIMES.some((name) => notice.code in WITH_TIME && WITH_TIME[notice.code] === name && !(name in notice.fields))
  const code = lacksTime ? `${notice.code}.no_time` : notice.code
  return tCode('notice', toDoctor && FOR_DOCTOR.has(code) ? `for_doctor.${code}` : code, fields, 'notice.unknown')
}

/** Notices that name the family, where it is a doctor who asks. */
const FOR_DOCTOR = new Set(['rated', 'message.promised', 'message.promised.no_time', 'queue.closed', 'conversation.closed'])

const WITH_TIME: Record<string, string> = {
  'queue.closed': 'next_open',
  'message.promised': 'promised_at',
  'queue.closing': 'promised_at',
  'queue.promised': 'promised_at',
  'queue.cancelled': 'promised_at',
}

function readable(notice: NoticeBody, now: number): Fields {
  const fields: Record<string, string> = { ...notice.fields }
  for (const name of TIMES) {
    const at = fields[name]
    if (at) fields[name] = namedDayAndClock(at, now, language.value)
  }
  for (const name of NAMES) {
    const english = fields[`${name}_en`]
    if (language.value === 'en' && english) fields[name] = english
  }
  if (notice.code === 'transfer') fields.reason = option('transfer_reasons', fields.reason)
  if (notice.code === 'closed') {
    fields.category = option('close_categories', fields.category)
    fields.outcome = option('close_outcomes', fields.outcome)
  }
  if (notice.code.startsWith('parcel.')) fields.status = tCode('parcel_status', fields.status ?? '')
  if (notice.code === 'assist.arrived') fields.by = tCode('assist_by', fields.by ?? '')
  if (notice.code === 'revealed') fields.field = tCode('field', fields.field ?? '')
  if (notice.code.startsWith('offer.') && fields.reason) fields.reason = t('notice.because', { reason: fields.reason })
  return fields
}

function option(kind: Parameters<ReturnType<typeof useDesk>['words']>[0], key = ''): string {
  const known = useDesk().words(kind, key)
  return known ? known[language.value] : key
}
