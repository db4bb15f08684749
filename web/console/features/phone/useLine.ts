/** Opens the telephone with the desk and closes it with the desk; makes it ring, and takes what is mine to take. */
import { computed, onBeforeUnmount, onMounted, ref, watch } from 'vue'
import type { ComputedRef } from 'vue'
import { toast } from '@shared/ui'
import { ApiError } from '../../api'
import type { OfferView } from '../../api/types'
import { t, tError } from '../../i18n'
import { onSignal } from '../../live/signals'
import { useOffers } from '../../stores'
import { useSession } from '../../stores/session'
import { useSync } from '../../stores/sync'
import { play } from '../alerts/sound'
import { useDeskRoute } from '../shell/useDeskRoute'
import { isOwnCall } from './ringing'
import { answer, closeLine, device, isEnabled, openLine, refreshPhone, state } from './usePhone'

const RING_EVERY_MS = 3000
const LOOK_EVERY_MS = 20_000

/** The offer that was accepted on the screen before its ring was here. */
const wanted = ref<string | null>(null)

/** The call that is offered to me; there is never more than one, because a call takes the whole person. */
export function useOfferedCall(): ComputedRef<OfferView | undefined> {
  const offers = useOffers()
  return computed(() => offers.open.find((one) => one.channel === 'hotline'))
}

/** Whether a click answers: the ring is in this page. On a telephone on the table one lifts the receiver. */
export const answersHere = computed(() => isEnabled.value && device.value === 'browser' && state.value.line === 'registered')
/** The offer whose answer is on its way. */
export const answering = computed(() => wanted.value)

/** Answers the call of an offer as soon as it rings here. */
export async function answerOffer(offer: OfferView): Promise<void> {
  wanted.value = offer.id
  if (state.value.call?.phase === 'ringing' && !(await answer())) wanted.value = null
}

export function useLine(): void {
  useLife()
  useRing()
  useAnswers()
}

function useLife(): void {
  const session = useSession()
  const sync = useSync()
  let looking: ReturnType<typeof setInterval> | undefined

  onMounted(() => {
    if (!session.may('work')) return
    openLine().catch(ignoreOrTell)
    looking = setInterval(() => { if (sync.isLive) refreshPhone().catch(() => undefined) }, LOOK_EVERY_MS)
    window.addEventListener('beforeunload', warn)
  })
  // The engine may have gone with the line, or come back with it.
  watch(() => sync.isLive, (live) => { if (live) refreshPhone().catch(() => undefined) })
  onBeforeUnmount(() => {
    clearInterval(looking)
    window.removeEventListener('beforeunload', warn)
    closeLine()
  })
}

/** A desk without a hotline has no telephone, and says nothing about it. */
function ignoreOrTell(error: unknown): void {
  if (error instanceof ApiError && (error.status === 404 || error.mayHaveBeenLost)) return
  toast(tError(error), 'alarm')
}

/** Closing the page would cut the caller off. */
function warn(event: BeforeUnloadEvent): void {
  if (state.value.call) event.preventDefault()
}

/** A telephone rings until somebody answers, not once. */
function useRing(): void {
  const offered = useOfferedCall()
  let ringing: ReturnType<typeof setInterval> | undefined
  const rings = computed(() => answersHere.value && wanted.value === null && (offered.value !== undefined || state.value.call?.phase === 'ringing'))

  watch(rings, (now) => {
    clearInterval(ringing)
    if (!now) return
    void play('ring')
    ringing = setInterval(() => void play('ring'), RING_EVERY_MS)
  })
  onBeforeUnmount(() => { clearInterval(ringing) })
}

function useAnswers(): void {
  const { show } = useDeskRoute()
  const offered = useOfferedCall()
  const hotline = new Set<string>()

  watch(() => state.value.call?.phase, (phase) => {
    if (phase !== 'ringing') return
    if (wanted.value !== null || isOwnCall(offered.value !== undefined)) void answer().then((done) => { if (!done) wanted.value = null })
  })
  const stop = onSignal((signal) => {
    if (signal.do === 'announce_offer' && signal.offer.channel === 'hotline') hotline.add(signal.offer.id)
    if (signal.do !== 'end_offer' || !hotline.delete(signal.offerId)) return
    if (wanted.value === signal.offerId) wanted.value = null
    if (signal.outcome === 'accepted') void show('mine', signal.conversationId)
    if (signal.outcome === 'withdrawn') toast(t('call.caller_gone'))
  })
  onBeforeUnmount(stop)
}
