import { describe, expect, it } from 'vitest'
import { KEYMAP, hintFor, keysInWords, readKey } from './keymap'
import type { Command, KeyPress, Where } from './keymap'

const FREE: Where = { typing: false, covered: false, lettersOff: false }

function press(key: string, part: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...part }
}

function command(key: string, where: Partial<Where> = {}, part: Partial<KeyPress> = {}): Command | null {
  return readKey(press(key, part), [], { ...FREE, ...where }).command
}

describe('keys', () => {
  it('of every binding lead to its command', () => {
    for (const binding of KEYMAP) {
      let pending: readonly string[] = []
      let found: Command | null = null
      for (const key of binding.keys) {
        const bare = key.replace(/^(Ctrl|Alt)\+/, '')
        const read = readKey(press(bare, { ctrlKey: key.startsWith('Ctrl'), altKey: key.startsWith('Alt') }), pending, FREE)
        pending = read.pending
        found = read.command
      }
      expect([binding.keys, found]).toEqual([binding.keys, binding.command])
    }
  })

  it('are not given twice', () => {
    const all = KEYMAP.map((binding) => binding.keys.join(' '))
    expect(new Set(all).size).toBe(all.length)
  })

  it('mean nothing to the desk while somebody types, except those with Ctrl, Alt and Esc', () => {
    expect(command('r', { typing: true })).toBeNull()
    expect(command('?', { typing: true }, { shiftKey: true })).toBeNull()
    expect(command('k', { typing: true }, { ctrlKey: true })).toBe('search')
    expect(command('a', { typing: true }, { altKey: true })).toBe('accept')
    expect(command('Escape', { typing: true })).toBe('back')
  })

  it('of a call work while one writes a note, and hanging up takes two presses', () => {
    expect(command('m', { typing: true }, { altKey: true })).toBe('call_mute')
    expect(command('h', { typing: true }, { altKey: true })).toBe('call_hold')
    const first = readKey(press('x', { altKey: true }), [], { ...FREE, typing: true })
    expect(first.command).toBeNull()
    expect(readKey(press('x', { altKey: true }), first.pending, { ...FREE, typing: true }).command).toBe('call_end')
    expect(readKey(press('x'), first.pending, FREE).command).toBe('decline')
  })

  it('of an input method are left alone', () => {
    expect(command('a', {}, { isComposing: true })).toBeNull()
    expect(command('Process')).toBeNull()
  })

  it('go to the dialog that covers the desk', () => {
    expect(command('c', { covered: true })).toBeNull()
    expect(command('Escape', { covered: true })).toBeNull()
  })

  it('of single letters can be switched off, the others stay', () => {
    expect(command('r', { lettersOff: true })).toBeNull()
    expect(command('ArrowDown', { lettersOff: true })).toBe('next')
    expect(command('k', { lettersOff: true }, { ctrlKey: true })).toBe('search')
  })

  it('with Ctrl are not the letters themselves, so that copying does not close a conversation', () => {
    expect(command('c', {}, { ctrlKey: true })).toBeNull()
    expect(command('r', {}, { metaKey: true })).toBeNull()
    expect(command('k', {}, { metaKey: true })).toBe('search')
  })

  it('one after the other make one command', () => {
    const first = readKey(press('g'), [], FREE)
    expect(first).toEqual({ command: null, pending: ['g'] })
    expect(readKey(press('w'), first.pending, FREE)).toEqual({ command: 'go_waiting', pending: [] })
  })

  it('that do not follow each other count anew from the last', () => {
    expect(readKey(press('r'), ['g'], FREE).command).toBe('reply')
    expect(readKey(press('c'), ['g'], FREE).command).toBe('go_closed')
  })

  it('are written as they stand on the keyboard', () => {
    expect(keysInWords(['Ctrl+k'])).toBe('Ctrl+K')
    expect(keysInWords(['g', 'm'])).toBe('G M')
    expect(keysInWords(['ArrowDown'])).toBe('↓')
    expect(hintFor('transfer')).toBe('T')
  })
})
