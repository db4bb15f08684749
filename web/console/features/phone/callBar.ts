/** What stands on the bar of a call: its state, the clock that matters now, and the buttons that mean something. Pure. */
import type { CallView } from './api'

export type Button = 'hold' | 'resume' | 'mute' | 'keypad' | 'transfer' | 'complete' | 'cancel_consult' | 'hang_up' | 'wrap_up' | 'beside'
export type Clock = { words: 'since' | 'left' | 'late'; seconds: number }
export type Tone = 'action' | 'wait' | 'alarm' | 'done' | 'quiet'

export type Who = {
  /** The call is with me. */
  mine: boolean
  /** My telephone is this page, so that it can be muted here. */
  atBrowser: boolean
  /** The telephone system lets a supervisor listen, and I am one. */
  mayListen: boolean
}

export function buttonsOf(call: CallView, who: Who): Button[] {
  if (!who.mine) return who.mayListen && isSpoken(call) ? ['beside'] : []
  switch (call.state) {
    case 'talking':
      return [...(who.atBrowser ? ['mute' as const] : []), 'hold', 'keypad', 'transfer', 'hang_up']
    case 'held':
      return ['resume', 'transfer', 'hang_up']
    case 'consulting':
      return [...(who.atBrowser ? ['mute' as const] : []), 'complete', 'cancel_consult']
    case 'wrap_up':
      return ['wrap_up']
    case 'ringing':
      return call.direction === 'out' ? ['hang_up'] : []
    case 'ringing_in':
    case 'menu':
    case 'waiting':
    case 'ended':
      return []
  }
}

export function toneOf(call: Pick<CallView, 'state'>): Tone {
  switch (call.state) {
    case 'talking':
      return 'action'
    case 'waiting':
    case 'ringing':
    case 'held':
    case 'consulting':
    case 'wrap_up':
      return 'wait'
    case 'ringing_in':
    case 'menu':
    case 'ended':
      return 'quiet'
  }
}

/** The one clock of this state; null where no time matters any more. */
export function clockOf(call: CallView, now: number): Clock | null {
  switch (call.state) {
    case 'wrap_up':
      return wrapUpClock(call, now)
    case 'held':
      return since(call.held_at ?? call.bridged_at, now)
    case 'talking':
    case 'consulting':
      return since(call.bridged_at, now)
    case 'ringing_in':
    case 'menu':
    case 'waiting':
    case 'ringing':
      return since(call.started_at, now)
    case 'ended':
      return null
  }
}

/** Whole seconds that were spoken; null before anybody spoke. */
export function talkOf(call: CallView): number | null {
  if (!call.bridged_at || !call.ended_at) return null
  return Math.max(0, Math.round((Date.parse(call.ended_at) - Date.parse(call.bridged_at)) / 1000))
}

export function isSpoken(call: CallView): boolean {
  return call.state === 'talking' || call.state === 'held' || call.state === 'consulting'
}

/** Somebody is on the line, or about to be. */
export function isLive(call: CallView): boolean {
  return call.state !== 'ended' && call.state !== 'wrap_up'
}

/** Keys that a telephone menu knows; everything else that is typed is left out. */
export function digitsIn(typed: string): string {
  return typed.replace(/[^0-9*#]/g, '')
}

function wrapUpClock(call: CallView, now: number): Clock | null {
  if (!call.wrap_up_until) return since(call.ended_at, now)
  const left = Math.ceil((Date.parse(call.wrap_up_until) - now) / 1000)
  return left >= 0 ? { words: 'left', seconds: left } : { words: 'late', seconds: -left }
}

function since(at: string | null, now: number): Clock | null {
  return at ? { words: 'since', seconds: Math.max(0, Math.floor((now - Date.parse(at)) / 1000)) } : null
}
