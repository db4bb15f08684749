/** The one telephone of this page: opens it for whoever works here, keeps its state, plays the caller's voice. */
import { computed, ref, shallowRef } from 'vue'
import type { ComputedRef } from 'vue'
import { toast } from '@shared/ui'
import { t, tError } from '../../i18n'
import { useOwn } from '../../stores'
import { fetchPhone, issueSecret } from './api'
import type { PhoneView } from './api'
import type { BrowserPhone } from './browserPhone'
import { choose, devices, listen, stopVoice } from './microphone'
import type { Devices } from './microphone'
import { holdPhone } from './oneTab'
import type { Hold } from './oneTab'
import { SILENT, after } from './phoneState'
import type { PhoneFact, PhoneState } from './phoneState'

/** `browser`: the telephone is this page. `desk`: it stands on the table, and this page shows only what it does. */
export type Device = 'browser' | 'desk'
const STORE = 'caredesk.phone_device'
const SECRET = 'caredesk.phone_secret'

export const state = shallowRef<PhoneState>(SILENT)
/** What the desk says about telephones; null until it was asked, and where there is no hotline. */
export const phone = shallowRef<PhoneView | null>(null)
export const device = ref<Device>(localStorage.getItem(STORE) === 'desk' ? 'desk' : 'browser')

let hold: Hold | null = null
/** This tab is the one that is the telephone. */
let held = false
let open: BrowserPhone | null = null
let voice: MediaStream | null = null
let ear: HTMLAudioElement | null = null
/** Counts the telephones that were opened: what an earlier one still tells is no longer about this one. */
let opened = 0

export const isEnabled: ComputedRef<boolean> = computed(() => phone.value?.enabled ?? false)

export function tell(fact: PhoneFact): void {
  const before = state.value
  state.value = after(before, fact)
  if (fact.fact === 'ended' && state.value.call === null) hush()
  if (before.ended === '' && state.value.ended !== '') toast(t(`phone.ended.${state.value.ended}`), 'alarm')
}

/** Asks the desk and, where the telephone is this browser, registers it. */
export async function openLine(ways: { take: boolean } = { take: false }): Promise<void> {
  phone.value = await fetchPhone()
  if (!phone.value.enabled || device.value === 'desk') return
  hold?.release()
  shut()
  hold = holdPhone({
    take: ways.take,
    held: () => { held = true; void register() },
    busy: () => { tell({ fact: 'taken_elsewhere' }) },
    lost: () => { held = false; shut(); tell({ fact: 'taken_elsewhere' }) },
  })
}

/** Looks again whether the telephone system is there; a line that stands is not touched. */
export async function refreshPhone(): Promise<void> {
  const before = phone.value
  phone.value = await fetchPhone()
  if (!phone.value.enabled) return
  if (!before?.enabled) await openLine()
  else if (held && before.engine === 'down') await register()
}

export function closeLine(): void {
  hold?.release()
  hold = null
  held = false
  shut()
  tell({ fact: 'switched_off' })
}

export async function useDevice(wanted: Device): Promise<void> {
  device.value = wanted
  localStorage.setItem(STORE, wanted)
  closeLine()
  await openLine()
}

async function register(): Promise<void> {
  const about = phone.value
  // Nothing would answer; it is tried as soon as the desk hears the telephone system again.
  if (!about?.enabled || about.engine === 'down' || !about.wss_url || open) return
  opened += 1
  const own = opened
  const kept = keptSecret()
  const tellMine = (fact: PhoneFact): void => {
    if (own !== opened) return
    // Another tab has made a new password meanwhile: one of our own, once.
    if (fact.fact === 'refused' && kept) { forgetSecret(); shut(); void register() } else tell(fact)
  }
  tell({ fact: 'connecting' })
  try {
    const [{ openPhone }, { secret, user }] = await Promise.all([import('./browserPhone'), kept ?? newSecret()])
    if (own !== opened) return
    const { wss_url: wssUrl, domain, realm } = about
    open = openPhone({ wssUrl, user, domain, realm, secret }, tellMine, hear)
  } catch (error) {
    tellMine({ fact: 'refused' })
    toast(tError(error), 'alarm')
  }
}

/** The password lives as long as this tab, so that a reload needs no new one; who signs out leaves none behind. */
type Credentials = Awaited<ReturnType<typeof issueSecret>>

function keptSecret(): Credentials | null {
  const kept = JSON.parse(sessionStorage.getItem(SECRET) ?? 'null') as (Credentials & { staff: string }) | null
  return kept?.staff === useOwn().staffId ? kept : null
}

async function newSecret(): Promise<Credentials> {
  const made = await issueSecret('browser')
  sessionStorage.setItem(SECRET, JSON.stringify({ ...made, staff: useOwn().staffId }))
  return made
}

export function forgetSecret(): void {
  sessionStorage.removeItem(SECRET)
}

/** Answers what rings here. False: nothing rings, or nobody could speak; the screen then says why. */
export async function answer(): Promise<boolean> {
  if (state.value.call?.phase !== 'ringing') return false
  const heard = await listen()
  if ('trouble' in heard) {
    tell({ fact: 'microphone', trouble: heard.trouble })
    return false
  }
  tell({ fact: 'microphone', trouble: '' })
  voice = heard.voice
  open?.answer(heard.voice)
  return true
}

export function hangUp(): void {
  open?.hangUp()
}

export function mute(muted: boolean): void {
  open?.mute(muted)
}

/** Also within a call: the headset was plugged in late. */
export async function changeDevices(what: Partial<Devices>): Promise<void> {
  choose(what)
  if (ear) await route(ear)
  if (!voice || !what.microphone) return
  const heard = await listen()
  if ('trouble' in heard) return
  await open?.speakWith(heard.voice)
  stopVoice(voice)
  voice = heard.voice
}

function hear(caller: MediaStream): void {
  ear ??= new Audio()
  ear.srcObject = caller
  void route(ear).then(() => ear?.play()).catch(() => undefined)
}

/** Not every browser lets a page choose the loudspeaker; then it is the system's. */
async function route(element: HTMLAudioElement): Promise<void> {
  if ('setSinkId' in element) await element.setSinkId(devices.value.speaker).catch(() => undefined)
}

function hush(): void {
  stopVoice(voice)
  voice = null
  if (ear) ear.srcObject = null
}

function shut(): void {
  opened += 1
  open?.close()
  open = null
  hush()
}
