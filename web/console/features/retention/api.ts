/** Questions and commands about erasures and holds. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type RetentionPage = Schemas['RetentionPage']
export type Erasure = Schemas['ErasureView']
export type Preview = Schemas['ErasurePreview']
export type Hold = Schemas['HoldView']
export type Ground = Schemas['AskErasure']['ground']

export const GROUNDS: readonly Ground[] = ['request', 'consent', 'unlawful', 'ended']

const RETENTION = '/api/console/retention'

export const fetchRetention = (): Promise<RetentionPage> => get(RETENTION)
/** The number goes in the body, so that it stands in no log of addresses. */
export const previewErasure = (phone: string): Promise<Schemas['ErasurePreviews']> => post(`${RETENTION}/previews`, { phone })
export const askErasure = (guardianId: string, ground: Ground): Promise<void> => post(`${RETENTION}/erasures`, { guardian_id: guardianId, ground })
export const decideErasure = (id: string, yes: boolean): Promise<void> => post(`${RETENTION}/erasures/${id}/${yes ? 'allow' : 'refuse'}`)
export const holdFamily = (guardianId: string, reason: string): Promise<void> => post(`${RETENTION}/holds`, { guardian_id: guardianId, conversation_number: '', reason })
export const holdConversation = (number: string, reason: string): Promise<void> => post(`${RETENTION}/holds`, { guardian_id: '', conversation_number: number, reason })
export const liftHold = (id: string): Promise<void> => post(`${RETENTION}/holds/${id}/lift`)
