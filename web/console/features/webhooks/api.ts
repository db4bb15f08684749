/** The systems that hear of news, and their post. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, put, remove } from '../../api/client'

export type WebhooksPage = Schemas['WebhooksPage']
export type System = Schemas['SubscriptionView']
export type Letter = Schemas['LetterView']
export type Wanted = Schemas['WantedSubscription']
export type GivenKey = Schemas['GivenKey']

const WEBHOOKS = '/api/console/webhooks'
const of = (id: string): string => `${WEBHOOKS}/${encodeURIComponent(id)}`
const letter = (id: string): string => `${WEBHOOKS}/posts/${encodeURIComponent(id)}`

export const fetchWebhooks = (): Promise<WebhooksPage> => get(WEBHOOKS)
export const addSystem = (wanted: Wanted): Promise<GivenKey> => post(WEBHOOKS, wanted)
export const changeSystem = (id: string, wanted: Wanted): Promise<void> => put(of(id), wanted)
export const changeKey = (id: string): Promise<GivenKey> => post(`${of(id)}/key`)
export const trySystem = (id: string): Promise<Schemas['WebhookTried']> => post(`${of(id)}/test`)
export const removeSystem = (id: string): Promise<void> => remove(of(id))
export const replayPost = (id: string): Promise<void> => post(`${letter(id)}/replay`)
export const discardPost = (id: string, reason: string): Promise<void> => post(`${letter(id)}/discard`, { reason })
