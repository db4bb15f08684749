/** An audit entry in plain words. What has no words yet is shown by its code, never left out. */
import { t, tCode } from '../../i18n'
import type { AuditLine } from './api'

/** What can be searched for by name, in the order in which auditors ask for it. */
export const DEEDS = [
  'family.revealed', 'conversation.viewed', 'records.searched', 'record.shown', 'conversation.exported', 'recording.played', 'picture.opened', 'malware.found',
  'staff.signed_in', 'sign_in.refused', 'sign_in.paused', 'session.ended', 'screen.locked', 'screen.opened', 'screen.refused', 'staff.signed_out', 'staff.roles_given', 'staff.added', 'staff.closed', 'staff.opened', 'staff.password_reset', 'staff.password_changed',
  'passkey.added', 'passkey.removed', 'passkey.copied',
  'factor.added', 'factor.removed', 'factor.codes_renewed', 'factor.recovered', 'factor.refused', 'factor.reset', 'factor.demanded', 'factor.let_go',
  'guardrail.overridden', 'guardrail.judged', 'guardrails.reviewed', 'guardrails.exported',
  'erasure.previewed', 'erasure.asked', 'erasure.allowed', 'erasure.refused', 'erasure.done', 'erasure.certified', 'erasure.opened', 'hold.placed', 'hold.lifted', 'retention.run',
  'command.given',
  'caller.tied', 'caller.nobody', 'caller.untied', 'entry.appended', 'message.created', 'status.changed',
  'audit.searched', 'audit.shown', 'audit.exported', 'audit.check_asked', 'audit.checked',
  'webhook.added', 'webhook.changed', 'webhook.key_changed', 'webhook.removed', 'webhook.tried',
  'evidence.sealed', 'export.asked', 'export.approved', 'export.refused', 'export.unmasked', 'audit.cut',
  'standby.viewed', 'incident.declared', 'incident.ended', 'incident.replayed',
  'backup.made', 'backup.failed', 'backup.verified', 'backup.restored', 'drill.passed', 'drill.failed',
] as const

export const WHYS = [
  'phone', 'name', 'id_number', 'address', 'child_name', 'service', 'quality', 'complaint', 'training', 'dispute', 'court', 'regulator', 'json', 'html', 'zip', 'wrong', 'locked', 'idle', 'hand', 'passkey', 'account', 'code', 'kept', 'drill', 'platform', 'hotline', 'data', 'clinic', 'whole',
  'audit', 'fault', 'fine', 'questioned',
] as const

/** Whoever signs in is nobody yet while it is done: then it is told whom the session is for. */
export function actorWords({ actor_kind, actor_id, actor_name, deed, subject_name }: AuditLine): string {
  if (deed === 'staff.signed_in' && subject_name) return subject_name
  if (deed === 'sign_in.refused') return t('audit.subject.stranger')
  if (actor_kind === 'staff') return actor_name || (actor_id ? t('audit.actor.unknown') : t('audit.actor.staff'))
  return tCode('audit.actor', actor_kind, {}, 'audit.actor.system')
}

/** What was done; a bare command is told by where in the desk it was given, if it was given at a page at all. */
export function deedWords({ deed, view }: AuditLine): string {
  if (deed === 'command.given' && !view) return t('audit.deed.command.unseen')
  const said = tCode('audit.deed', deed, {}, 'audit.deed.other')
  return deed === 'command.given' ? `${said} · ${areaWords(view)}` : said
}

function areaWords(view: string): string {
  const [area = ''] = view.split('.')
  return tCode('audit.area', area, { code: view }, 'audit.area.other')
}

/** To what or whom; a family has no name here. Empty when the deed concerns nothing. */
export function subjectWords({ subject, subject_name }: Pick<AuditLine, 'subject' | 'subject_name'>): string {
  if (subject === '') return ''
  const [kind = '', id = ''] = subject.split(/:(.*)/s)
  if (kind === 'staff' && id === '') return t('audit.subject.stranger')
  return tCode('audit.subject', kind, { kind, id: subject_name || shortId(id) }, 'audit.subject.other')
}

/** Which field, for what purpose, by what: codes joined by a plus are fields that were filled in. */
export function whyWords({ why, deed }: Pick<AuditLine, 'why' | 'deed'>): string {
  if (why === '') return ''
  if (deed.endsWith('.searched')) return why.split('+').map((one) => tCode('audit.by', one)).join(' · ')
  if (deed.startsWith('factor.')) return tCode('role', why)
  if (deed === 'staff.roles_given') return why.split('+').map((one) => tCode('role', one)).join(' · ')
  if (deed === 'audit.checked' && why !== 'whole') return tCode('audit.fault', why)
  return tCode('audit.why', why)
}

/** Ids are long, and their ends differ. */
export function shortId(id: string): string {
  return id.length > 13 ? `…${id.slice(-8)}` : id
}
