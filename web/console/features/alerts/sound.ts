/** Sounds made on the spot, so that no file has to be loaded: each kind has its own short tune. */
import { ref, watch } from 'vue'

export type Tune = 'offer' | 'message' | 'alert' | 'ring'

const STORE = 'caredesk.sound_off'
/** Pairs of pitch (Hz) and beginning (s). */
const TUNES: Record<Tune, { notes: readonly (readonly [number, number])[]; length: number; volume: number }> = {
  offer: { notes: [[659, 0], [880, 0.14], [659, 0.5], [880, 0.64]], length: 0.22, volume: 0.16 },
  message: { notes: [[740, 0]], length: 0.16, volume: 0.07 },
  ring: { notes: [[440, 0], [554, 0.12], [440, 0.24], [554, 0.36], [440, 0.48], [554, 0.6]], length: 0.14, volume: 0.2 },
  alert: { notes: [[523, 0], [523, 0.22], [415, 0.44]], length: 0.3, volume: 0.18 },
}

export const soundOff = ref(localStorage.getItem(STORE) === 'yes')
watch(soundOff, (off) => { localStorage.setItem(STORE, off ? 'yes' : 'no') })

let audio: AudioContext | null = null

/** Plays a tune; before the first click or key of the page there is none. */
export async function play(tune: Tune): Promise<void> {
  // Without an act of the user the browser would keep the tune and play it later, when it means nothing any more.
  if (soundOff.value || typeof AudioContext === 'undefined' || !navigator.userActivation.hasBeenActive) return
  audio ??= new AudioContext()
  if (audio.state === 'suspended') await audio.resume()
  const { notes, length, volume } = TUNES[tune]
  for (const [pitch, at] of notes) ring(audio, pitch, audio.currentTime + at, length, volume)
}

function ring(context: AudioContext, pitch: number, at: number, length: number, volume: number): void {
  const tone = context.createOscillator()
  const gain = context.createGain()
  tone.type = 'sine'
  tone.frequency.value = pitch
  gain.gain.setValueAtTime(0, at)
  gain.gain.linearRampToValueAtTime(volume, at + 0.015)
  gain.gain.exponentialRampToValueAtTime(0.0005, at + length)
  tone.connect(gain).connect(context.destination)
  tone.start(at)
  tone.stop(at + length)
}
