/** The telephone's state in a word and a sentence. Pure. */
import type { WordKey } from '../../i18n'
import type { PhoneState } from './phoneState'
import type { Device } from './usePhone'

export type Tone = 'done' | 'wait' | 'alarm' | 'quiet'
export type LineWords = { short: WordKey; long: WordKey; tone: Tone }

/** `engineUp`: the hospital's telephone system answers the desk. */
export function lineWords(state: PhoneState, device: Device, engineUp: boolean): LineWords {
  if (!engineUp) return said('engine_down', 'alarm')
  if (device === 'desk') return said('desk', 'quiet')
  switch (state.line) {
    case 'off':
      return said('off', 'quiet')
    case 'connecting':
      return said('connecting', 'wait')
    case 'registered':
      return state.microphone === '' ? said('registered', 'done') : said('no_microphone', 'alarm')
    case 'lost':
      return said('lost', 'alarm')
    case 'refused':
      return said('refused', 'alarm')
    case 'elsewhere':
      return said('elsewhere', 'quiet')
  }
}

type Name = 'engine_down' | 'desk' | 'no_microphone' | PhoneState['line']

function said(name: Name, tone: Tone): LineWords {
  return { short: `phone.short.${name}`, long: `phone.long.${name}`, tone }
}
