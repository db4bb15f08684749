/** The hotline's numbers and switches in groups, with what the server accepts. Pure. */
import type { Setup } from './api'

type Of<Value> = { [Name in keyof Required<Setup>]: Required<Setup>[Name] extends Value ? Name : never }[keyof Setup]
export type NumberName = Exclude<Of<number>, undefined>
export type SwitchName = Exclude<Of<boolean>, undefined>
export type Unit = 'seconds' | 'minutes' | 'times'
export type Group = {
  name: 'greeting' | 'no_key' | 'waiting' | 'voicemail' | 'answer'
  switches: readonly SwitchName[]
  numbers: readonly { name: NumberName; unit: Unit; min: number; max: number }[]
}

export const LIMITS: readonly Group[] = [
  { name: 'greeting', switches: ['record', 'record_outgoing', 'say_cancelled'], numbers: [] },
  {
    name: 'no_key',
    switches: [],
    numbers: [
      { name: 'rounds', unit: 'times', min: 1, max: 5 },
      { name: 'digit_seconds', unit: 'seconds', min: 3, max: 20 },
    ],
  },
  {
    name: 'waiting',
    switches: ['call_back'],
    numbers: [
      { name: 'announce_seconds', unit: 'seconds', min: 15, max: 300 },
      { name: 'call_back_attempts', unit: 'times', min: 1, max: 10 },
      { name: 'call_back_pause_minutes', unit: 'minutes', min: 1, max: 240 },
    ],
  },
  {
    name: 'voicemail',
    switches: ['voicemail'],
    numbers: [
      { name: 'voicemail_seconds', unit: 'seconds', min: 10, max: 600 },
      { name: 'voicemail_silence_seconds', unit: 'seconds', min: 2, max: 30 },
    ],
  },
  {
    name: 'answer',
    switches: [],
    numbers: [
      { name: 'ring_seconds', unit: 'seconds', min: 8, max: 60 },
      { name: 'wrap_up_seconds', unit: 'seconds', min: 0, max: 900 },
    ],
  },
]
