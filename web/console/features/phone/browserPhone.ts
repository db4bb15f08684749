/** A telephone in the browser: registers at the hospital's telephone system over WSS and carries one call at a time.
 *  The only file that knows JsSIP, and only its chunk carries it; it tells facts and keeps no state that a screen reads. */
import { UA, WebSocketInterface } from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'
import type { RTCSessionEvent } from 'jssip/lib/UA'
import type { PhoneFact } from './phoneState'

export type PhoneAccount = { wssUrl: string; user: string; domain: string; realm: string; secret: string }

export type BrowserPhone = {
  /** Takes the call that rings, with this voice; without one that rings nothing happens. */
  answer: (voice: MediaStream) => void
  /** Refuses what rings or ends what is spoken. */
  hangUp: () => void
  mute: (muted: boolean) => void
  /** Another microphone within the call. */
  speakWith: (voice: MediaStream) => Promise<void>
  close: () => void
}

/** Short enough that a dead browser is noticed, long enough not to burden the line. Seconds. */
const REGISTER_EVERY = 60
const BUSY_HERE = 486
const DECLINED = 603
const RETRY_SECONDS = { min: 1, max: 8 }
const RETRY_REFUSED_MS = [300, 1000, 2000, 4000] as const
/** G.711 A-law: what a Chinese trunk speaks, so that nothing in between has to translate. */
const A_LAW = /^audio\/PCMA$/i

/** `hears` gets the caller's voice as soon as there is one. */
export function openPhone(account: PhoneAccount, tell: (fact: PhoneFact) => void, hears: (voice: MediaStream) => void): BrowserPhone {
  const agent = new UA({
    sockets: [new WebSocketInterface(account.wssUrl)],
    uri: `sip:${account.user}@${account.domain}`,
    authorization_user: account.user,
    realm: account.realm,
    password: account.secret,
    register_expires: REGISTER_EVERY,
    session_timers: false,
    connection_recovery_min_interval: RETRY_SECONDS.min,
    connection_recovery_max_interval: RETRY_SECONDS.max,
    user_agent: 'caredesk console',
  })
  let session: RTCSession | null = null

  const stopTrying = followLine(agent, tell)
  agent.on('newRTCSession', (event: RTCSessionEvent) => {
    // This telephone is only ever called: also what is dialled begins with the desk ringing here.
    if (session || !isIncoming(event)) { event.session.terminate({ status_code: BUSY_HERE }); return }
    session = event.session
    followCall(event.session, tell, hears, () => { session = null })
  })
  tell({ fact: 'connecting' })
  agent.start()

  return {
    answer: (voice) => {
      if (!session?.isInProgress()) return
      tell({ fact: 'answering', id: session.id })
      session.answer({ mediaStream: voice, pcConfig: { iceServers: [] } })
    },
    hangUp: () => {
      if (!session || session.isEnded()) return
      session.terminate(session.isEstablished() ? {} : { status_code: DECLINED })
    },
    mute: (muted) => {
      if (!session) return
      if (muted) session.mute({ audio: true })
      else session.unmute({ audio: true })
    },
    speakWith: async (voice) => {
      const [track] = voice.getAudioTracks()
      const sender = session?.connection?.getSenders().find((one) => one.track?.kind === 'audio')
      if (track && sender) await sender.replaceTrack(track)
    },
    close: () => { stopTrying(); agent.stop() },
  }
}

function isIncoming(event: RTCSessionEvent): boolean {
  return event.session.direction.toString() === 'incoming'
}

/** Returns what ends the waiting for another try. */
function followLine(agent: UA, tell: (fact: PhoneFact) => void): () => void {
  let refusals = 0
  let again: ReturnType<typeof setTimeout> | undefined
  agent.on('connecting', () => { tell({ fact: 'connecting' }) })
  agent.on('disconnected', () => { tell({ fact: 'line_lost' }) })
  agent.on('registered', () => { refusals = 0; tell({ fact: 'registered' }) })
  agent.on('unregistered', () => { tell({ fact: 'line_lost' }) })
  agent.on('registrationFailed', ({ response }) => {
    // A password that was just made may not be known there yet.
    const wait = RETRY_REFUSED_MS[refusals]
    refusals += 1
    if (wait !== undefined && agent.isConnected()) again = setTimeout(() => { agent.register() }, wait)
    else tell({ fact: isRefusal(response) ? 'refused' : 'line_lost' })
  })
  return () => { clearTimeout(again) }
}

function isRefusal(response: unknown): boolean {
  const status = Number((response as { status_code?: number } | null)?.status_code ?? 0)
  return status === 401 || status === 403 || status === 407
}

function followCall(session: RTCSession, tell: (fact: PhoneFact) => void, hears: (voice: MediaStream) => void, over: () => void): void {
  const { id } = session
  const end = ({ cause }: { cause: string }): void => {
    over()
    tell({ fact: 'ended', id, why: whyEnded(cause) })
  }
  session.on('peerconnection', ({ peerconnection }) => {
    preferALaw(peerconnection)
    peerconnection.addEventListener('track', (event: RTCTrackEvent) => { hears(event.streams[0] ?? new MediaStream([event.track])) })
    peerconnection.addEventListener('iceconnectionstatechange', () => {
      tell({ fact: 'unsteady', id, unsteady: peerconnection.iceConnectionState === 'disconnected' })
    })
  })
  session.on('confirmed', () => { tell({ fact: 'talking', id }) })
  session.on('muted', () => { tell({ fact: 'muted', id, muted: true }) })
  session.on('unmuted', () => { tell({ fact: 'muted', id, muted: false }) })
  session.on('ended', end)
  session.on('failed', end)
  tell({ fact: 'rings', id })
}

function whyEnded(cause: string): 'hung_up' | 'media_lost' | 'microphone' {
  if (cause === 'User Denied Media Access') return 'microphone'
  return cause === 'RTP Timeout' || cause === 'WebRTC Error' || cause === 'Bad Media Description' ? 'media_lost' : 'hung_up'
}

/** Puts A-law first in what this browser offers to speak, where it can be told. */
function preferALaw(connection: RTCPeerConnection): void {
  const known = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? []
  const ordered = [...known.filter((one) => A_LAW.test(one.mimeType)), ...known.filter((one) => !A_LAW.test(one.mimeType))]
  connection.addEventListener('signalingstatechange', () => {
    if (connection.signalingState !== 'have-remote-offer' || ordered.length === 0) return
    for (const one of connection.getTransceivers()) one.setCodecPreferences(ordered)
  })
}
