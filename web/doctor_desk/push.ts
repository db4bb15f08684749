/** Being woken while the page is closed: what this browser can do, what was allowed, and how it went the last time. */
import type { Schemas } from '@contract'
import * as api from './api'

export type PushState = Schemas['PushState']

/** `unable`: this browser cannot. `unasked`, `denied`: the doctor has not said, or has said no. `off`: allowed, and not
 *  wanted here. `on`: it will be woken. */
export type Standing = 'unable' | 'unasked' | 'denied' | 'off' | 'on'

export type Told = { tone: 'quiet' | 'good' | 'bad'; key: ToldKey; offer: 'on' | 'off' | null }
type ToldKey =
  | 'push.unable' | 'push.unable_message' | 'push.unasked' | 'push.denied' | 'push.denied_message' | 'push.off' | 'push.on' | 'push.failed' | 'push.failed_message'

/** What is said about it. Pure: a failure is said as long as nothing has got through since. */
export function toldOf(standing: Standing, state: PushState): Told {
  const byMessage = state.message !== ''
  const isBroken = standing === 'on' && (state.browsers === 0 || (state.last?.channel === 'web_push' && !state.last.told))
  if (isBroken) return { tone: 'bad', key: byMessage ? 'push.failed_message' : 'push.failed', offer: 'off' }
  if (standing === 'unable' || state.public_key === null) return { tone: 'quiet', key: byMessage ? 'push.unable_message' : 'push.unable', offer: null }
  if (standing === 'denied') return { tone: 'quiet', key: byMessage ? 'push.denied_message' : 'push.denied', offer: null }
  if (standing === 'on') return { tone: 'good', key: 'push.on', offer: 'off' }
  return { tone: 'quiet', key: standing === 'off' ? 'push.off' : 'push.unasked', offer: 'on' }
}

export async function standingNow(): Promise<Standing> {
  if (!canPush()) return 'unable'
  if (Notification.permission === 'denied') return 'denied'
  if (Notification.permission === 'default') return 'unasked'
  const registration = await navigator.serviceWorker.getRegistration('/doctor')
  return (await registration?.pushManager.getSubscription()) ? 'on' : 'off'
}

/** Asks the doctor, which a browser allows after a tap only, and tells the desk where this browser is woken. */
export async function allowPush(publicKey: string): Promise<PushState | null> {
  if ((await Notification.requestPermission()) !== 'granted') return null
  const registration = await navigator.serviceWorker.ready
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(publicKey) })
  return tellDesk(subscription)
}

/** Tells the desk again at each opening: browsers change their address by themselves. */
export async function renewPush(): Promise<PushState | null> {
  const registration = canPush() ? await navigator.serviceWorker.getRegistration('/doctor') : undefined
  const subscription = await registration?.pushManager.getSubscription()
  return subscription ? tellDesk(subscription) : null
}

/** Whoever signs out on this phone is not woken on it any more. */
export async function stopPush(): Promise<void> {
  const registration = canPush() ? await navigator.serviceWorker.getRegistration('/doctor') : undefined
  const subscription = await registration?.pushManager.getSubscription()
  if (!subscription) return
  await subscription.unsubscribe()
  await api.stopPush(subscription.endpoint)
}

function canPush(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
}

function tellDesk(subscription: PushSubscription): Promise<PushState> {
  const { endpoint, keys } = subscription.toJSON()
  return api.allowPush({ endpoint: endpoint ?? '', p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' })
}

/** A key as the desk writes it, base64url, in the bytes that browsers want. */
export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const plain = atob(key.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}
