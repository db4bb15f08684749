/** What a key means inside the composer. Pure. */
import type { KeyPress } from '../keys/keymap'

export type ComposerAction = 'send' | 'pick' | 'next_choice' | 'previous_choice' | 'close_list' | 'leave' | null

/** An input method confirms its choice with Enter: `isComposing`, or key code 229 in older engines. */
export function readComposerKey(press: KeyPress & { keyCode?: number }, about: { listOpen: boolean }): ComposerAction {
  if (press.isComposing || press.keyCode === 229) return null
  if (about.listOpen) return listKey(press)
  if (press.key === 'Enter' && !press.shiftKey && !press.altKey) return 'send'
  if (press.key === 'Escape') return 'leave'
  return null
}

function listKey(press: KeyPress): ComposerAction {
  switch (press.key) {
    case 'ArrowDown':
      return 'next_choice'
    case 'ArrowUp':
      return 'previous_choice'
    case 'Enter':
    case 'Tab':
      return press.shiftKey ? null : 'pick'
    case 'Escape':
      return 'close_list'
    default:
      return null
  }
}
