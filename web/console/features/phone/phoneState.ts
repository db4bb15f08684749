/** What the telephone in this browser is doing, as a value. Facts of the line and the call go in, the next state comes
 *  out: no clock, no network, no sound. The desk's own truth about a call is in `live/calls.ts`; this is the device. */

/** Why there is no line: `elsewhere` another tab has it, `refused` the password is not accepted. */
export type LineState = 'off' | 'connecting' | 'registered' | 'lost' | 'refused' | 'elsewhere'

/** What keeps somebody from speaking, by code. */
export type MicrophoneTrouble = '' | 'denied' | 'missing' | 'in_use' | 'insecure' | 'unknown'

export type DeviceCall = {
  id: string
  phase: 'ringing' | 'answering' | 'talking'
  muted: boolean
  /** The network between this browser and the telephone system stalls; what was said may not have arrived. */
  unsteady: boolean
}

export type PhoneState = {
  line: LineState
  call: DeviceCall | null
  microphone: MicrophoneTrouble
  /** Why the last call ended, when it was neither side's wish; gone with the next call. */
  ended: '' | 'media_lost' | 'line_lost' | 'microphone'
}

export type PhoneFact =
  | { fact: 'connecting' }
  | { fact: 'registered' }
  | { fact: 'line_lost' }
  | { fact: 'refused' }
  | { fact: 'taken_elsewhere' }
  | { fact: 'switched_off' }
  | { fact: 'rings'; id: string }
  | { fact: 'answering'; id: string }
  | { fact: 'talking'; id: string }
  | { fact: 'ended'; id: string; why: 'hung_up' | 'media_lost' | 'microphone' }
  | { fact: 'muted'; id: string; muted: boolean }
  | { fact: 'unsteady'; id: string; unsteady: boolean }
  | { fact: 'microphone'; trouble: MicrophoneTrouble }

export const SILENT: PhoneState = { line: 'off', call: null, microphone: '', ended: '' }

export function after(state: PhoneState, fact: PhoneFact): PhoneState {
  switch (fact.fact) {
    case 'connecting':
      // A line that comes back is still called lost until it stands, so that nobody thinks they can be reached.
      return state.line === 'lost' ? state : { ...state, line: 'connecting' }
    case 'registered':
      return { ...state, line: 'registered' }
    case 'line_lost':
      return state.line === 'off' || state.line === 'elsewhere' ? state : { ...state, line: 'lost' }
    case 'refused':
      return { ...state, line: 'refused' }
    case 'taken_elsewhere':
      return { ...SILENT, microphone: state.microphone, line: 'elsewhere' }
    case 'switched_off':
      return { ...SILENT, microphone: state.microphone }
    case 'rings':
      // There is one ear: a second call is refused by the device and never reaches the state.
      return state.call ? state : { ...state, ended: '', call: { id: fact.id, phase: 'ringing', muted: false, unsteady: false } }
    case 'microphone':
      return { ...state, microphone: fact.trouble }
    case 'answering':
    case 'talking':
      return ofCall(state, fact.id, (call) => ({ ...call, phase: fact.fact === 'talking' ? 'talking' : 'answering' }))
    case 'muted':
      return ofCall(state, fact.id, (call) => ({ ...call, muted: fact.muted }))
    case 'unsteady':
      return ofCall(state, fact.id, (call) => ({ ...call, unsteady: fact.unsteady }))
    case 'ended':
      return state.call?.id === fact.id ? { ...state, call: null, ended: whyOf(state, fact.why) } : state
  }
}

/** Whether a call can come through to this browser. */
export function canRing(state: PhoneState): boolean {
  return state.line === 'registered' && state.microphone === ''
}

/** What is told of another call than the one at the ear comes too late and changes nothing. */
function ofCall(state: PhoneState, id: string, change: (call: DeviceCall) => DeviceCall): PhoneState {
  return state.call?.id === id ? { ...state, call: change(state.call) } : state
}

function whyOf(state: PhoneState, why: 'hung_up' | 'media_lost' | 'microphone'): PhoneState['ended'] {
  if (why === 'hung_up') return state.line === 'lost' ? 'line_lost' : ''
  return why
}
