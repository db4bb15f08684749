import { beforeEach, expect, it } from 'vitest'
import { forgetNotes, keepNote, keptNote } from './keptNote'

beforeEach(() => { sessionStorage.clear() })

it('a note that was begun is there again, for its own conversation only', () => {
  keepNote('c1', '家长要改地址')
  expect(keptNote('c1')).toBe('家长要改地址')
  expect(keptNote('c2')).toBe('')
})

it('an emptied note leaves nothing behind, and signing out forgets all of them', () => {
  keepNote('c1', '一')
  keepNote('c1', '')
  expect(sessionStorage.length).toBe(0)
  keepNote('c1', '一')
  sessionStorage.setItem('other', 'stays')
  forgetNotes()
  expect(Object.keys(sessionStorage)).toEqual(['other'])
})
