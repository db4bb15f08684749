/** What a doctor says to all families who wait: asked of the server, and read as words. */
import { clock } from '@shared/time'
import type { Schemas } from '@contract'
import { get, post } from './api'
import { t } from './i18n'

export type What = Schemas['SendBroadcast']['what']
export type Kind = What['kind']
export type Preview = Schemas['BroadcastPreview']
export type Broadcast = Schemas['BroadcastView']

const PATH = '/api/doctor/broadcasts'
export const MINUTES = [10, 15, 20, 30, 45, 60] as const
export const LIMIT = 120
export const READY = ['broadcast.ready.camera', 'broadcast.ready.emergency', 'broadcast.ready.network', 'broadcast.ready.order'] as const

export async function fetchBroadcasts(): Promise<Broadcast[]> {
  return (await get<Schemas['OwnBroadcasts']>(PATH)).broadcasts
}

export function previewBroadcast(sessionId: string, what: What): Promise<Preview> {
  return post(`${PATH}/preview`, { clinic_session_id: sessionId, what })
}

export function sendBroadcast(clientKey: string, sessionId: string, what: What): Promise<Broadcast> {
  return post(PATH, { client_key: clientKey, clinic_session_id: sessionId, what })
}

/** The sentence that stands on a family's page. */
export function readsAs(what: What, { doctor, now }: { doctor: string; now: number }): string {
  switch (what.kind) {
    case 'delay':
      return t('broadcast.reads.delay', { doctor, minutes: what.minutes })
    case 'early_end':
      return t('broadcast.reads.early_end', { doctor, clock: clock(new Date(now + what.minutes * 60_000).toISOString()) })
    case 'words':
      return t('broadcast.reads.words', { doctor, text: what.text.trim() })
  }
}

/** One line of what was said: 已通知：晚约 20 分钟. */
export function sumOf(broadcast: Broadcast): string {
  return t(`broadcast.sum.${broadcast.kind}`, {
    minutes: broadcast.minutes ?? '',
    clock: broadcast.ends_at ? clock(broadcast.ends_at) : '',
    text: broadcast.text,
  })
}

/** How far it has come, only what is not nothing; each family counts once. */
export function countsOf(broadcast: Broadcast): string {
  const parts = (['delivered', 'sent', 'pending', 'failed'] as const).filter((fate) => broadcast[fate] > 0)
  return parts.map((fate) => t(`broadcast.count.${fate}`, { n: broadcast[fate] })).join(' · ')
}
