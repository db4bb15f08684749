/** Microphones and loudspeakers of this computer: which is used, whether it may be, and how loud it hears. */
import { ref } from 'vue'
import type { MicrophoneTrouble } from './phoneState'

const STORE = 'caredesk.phone_devices'
/** Loud speech close to a headset is about here; the meter is full then. */
const LOUD = 0.25

export type Devices = { microphone: string; speaker: string }
export type Choice = { id: string; name: string }
export type Heard = { voice: MediaStream } | { trouble: Exclude<MicrophoneTrouble, ''> }

/** Kept per browser: the headset hangs on this computer, whoever sits here. Empty: the system's own choice. */
export const devices = ref<Devices>(kept())

export function choose(what: Partial<Devices>): void {
  devices.value = { ...devices.value, ...what }
  localStorage.setItem(STORE, JSON.stringify(devices.value))
}

/** Opens the microphone, or says by code why not. A chosen one that is unplugged gives way to the system's own. */
export async function listen(): Promise<Heard> {
  if (!window.isSecureContext || !('mediaDevices' in navigator)) return { trouble: 'insecure' }
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
  const wanted = devices.value.microphone
  try {
    return { voice: await navigator.mediaDevices.getUserMedia({ audio: wanted ? { ...audio, deviceId: { ideal: wanted } } : audio }) }
  } catch (error) {
    return { trouble: troubleOf(error instanceof DOMException ? error.name : '') }
  }
}

export function troubleOf(name: string): Exclude<MicrophoneTrouble, ''> {
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing'
    case 'NotReadableError':
    case 'AbortError':
      return 'in_use'
    default:
      return 'unknown'
  }
}

/** Names are only told once the microphone has been allowed. */
export async function listDevices(): Promise<{ microphones: Choice[]; speakers: Choice[] }> {
  if (!('mediaDevices' in navigator)) return { microphones: [], speakers: [] }
  const all = await navigator.mediaDevices.enumerateDevices()
  const of = (kind: MediaDeviceKind): Choice[] =>
    all.filter((one) => one.kind === kind && one.deviceId && one.label).map((one) => ({ id: one.deviceId, name: one.label }))
  return { microphones: of('audioinput'), speakers: of('audiooutput') }
}

/** Tells how loud a voice is, 0 to 1, on every frame that is drawn, until the returned function is called. */
export function measure(voice: MediaStream, tell: (level: number) => void): () => void {
  const audio = new AudioContext()
  const analyser = audio.createAnalyser()
  analyser.fftSize = 1024
  audio.createMediaStreamSource(voice).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  let frame = requestAnimationFrame(look)
  function look(): void {
    analyser.getFloatTimeDomainData(samples)
    tell(loudness(samples))
    frame = requestAnimationFrame(look)
  }
  return () => {
    cancelAnimationFrame(frame)
    void audio.close()
  }
}

/** Root mean square on a scale where close speech is 1. */
export function loudness(samples: Float32Array): number {
  const energy = samples.reduce((sum, one) => sum + one * one, 0) / Math.max(1, samples.length)
  return Math.min(1, Math.sqrt(energy) / LOUD)
}

export function stopVoice(voice: MediaStream | null): void {
  for (const track of voice?.getTracks() ?? []) track.stop()
}

function kept(): Devices {
  try {
    const read = JSON.parse(localStorage.getItem(STORE) ?? '{}') as Partial<Devices>
    return { microphone: String(read.microphone ?? ''), speaker: String(read.speaker ?? '') }
  } catch {
    return { microphone: '', speaker: '' }
  }
}
