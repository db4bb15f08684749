import { beforeEach, describe, expect, it } from 'vitest'
import type { CannedReplyView } from '../../api/types'
import { findTrigger, insertReply, matching } from './canned'
import { readComposerKey } from './composerKeys'
import { EMPTY, clearDrafts, readDraft, restoredReply, writeDraft } from './drafts'
import { fitted } from './pictures'

const press = (key: string, part: object = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...part,
})

describe('a key in the composer', () => {
  it('Enter sends and Shift+Enter breaks the line', () => {
    expect(readComposerKey(press('Enter'), { listOpen: false })).toBe('send')
    expect(readComposerKey(press('Enter', { ctrlKey: true }), { listOpen: false })).toBe('send')
    expect(readComposerKey(press('Enter', { shiftKey: true }), { listOpen: false })).toBeNull()
  })

  it('Enter that confirms a Chinese word sends nothing', () => {
    expect(readComposerKey(press('Enter', { isComposing: true }), { listOpen: false })).toBeNull()
    expect(readComposerKey(press('Enter', { keyCode: 229 }), { listOpen: false })).toBeNull()
    expect(readComposerKey(press('Enter', { isComposing: true }), { listOpen: true })).toBeNull()
  })

  it('belongs to the list of canned replies while that is open', () => {
    const listOpen = { listOpen: true }
    expect(readComposerKey(press('Enter'), listOpen)).toBe('pick')
    expect(readComposerKey(press('Tab'), listOpen)).toBe('pick')
    expect(readComposerKey(press('ArrowDown'), listOpen)).toBe('next_choice')
    expect(readComposerKey(press('ArrowUp'), listOpen)).toBe('previous_choice')
    expect(readComposerKey(press('Escape'), listOpen)).toBe('close_list')
    expect(readComposerKey(press('x'), listOpen)).toBeNull()
  })

  it('Tab leaves the field when no list is open, so that nobody is trapped', () => {
    expect(readComposerKey(press('Tab'), { listOpen: false })).toBeNull()
  })
})

describe('the trigger of canned replies', () => {
  it('is a slash at the beginning or after a space, as typed in either script', () => {
    expect(findTrigger('/', 1)).toEqual({ from: 0, to: 1, wanted: '' })
    expect(findTrigger('您好 /gq', 6)).toEqual({ from: 3, to: 6, wanted: 'gq' })
    expect(findTrigger('、wl', 3)).toEqual({ from: 0, to: 3, wanted: 'wl' })
    expect(findTrigger('line\n/t', 7)).toEqual({ from: 5, to: 7, wanted: 't' })
  })

  it('is not a slash inside a date or an address', () => {
    expect(findTrigger('11/23', 5)).toBeNull()
    expect(findTrigger('https://a.example/b', 19)).toBeNull()
    expect(findTrigger('/gq then', 8)).toBeNull()
  })

  it('gives its place to the chosen words', () => {
    const trigger = findTrigger('您好 /gq，谢谢', 6)
    expect(trigger && insertReply('您好 /gq，谢谢', trigger, '请改期')).toEqual({ text: '您好 请改期，谢谢', caret: 6 })
  })
})

describe('canned replies', () => {
  const reply = (code: string, title: string, text = ''): CannedReplyView => ({ code, title, text })
  const all = [
    reply('ggys', '联系医生'),
    reply('gh', '过号处理'),
    reply('gq', '改期', '同一位医生可以免费改期一次'),
    reply('wl', '物流查询', '药品包裹正在路上'),
    reply('gdz', '修改地址'),
  ]
  const codes = (wanted: string): string[] => matching(all, wanted).map((one) => one.code)

  it('are found by two keys after the trigger', () => {
    expect(codes('gq')[0]).toBe('gq')
    expect(codes('w')[0]).toBe('wl')
  })

  it('are found by their title and by words of their text', () => {
    expect(codes('改期')[0]).toBe('gq')
    expect(codes('包裹')).toEqual(['wl'])
  })

  it('prefer the shortest code that begins so', () => {
    expect(codes('g').slice(0, 3)).toEqual(['gh', 'gq', 'gdz'])
  })

  it('are all offered before anything is typed, and none for nonsense', () => {
    expect(codes('')).toHaveLength(5)
    expect(codes('zzzz')).toEqual([])
  })
})

describe('a draft', () => {
  beforeEach(() => { localStorage.clear() })

  it('that the server does not have yet wins over what the server has', () => {
    expect(restoredReply({ ...EMPTY, reply: 'newer', saved: false }, 'older')).toBe('newer')
    expect(restoredReply({ ...EMPTY, reply: '', saved: true }, 'from a colleague')).toBe('from a colleague')
  })

  it('of a note stays a note', () => {
    writeDraft('me', 'c1', { reply: '', note: 'inside', mode: 'note', saved: true })
    expect(readDraft('me', 'c1')).toEqual({ reply: '', note: 'inside', mode: 'note', saved: true })
    expect(restoredReply(readDraft('me', 'c1'), '')).toBe('')
  })

  it('that is empty leaves nothing in the browser', () => {
    writeDraft('me', 'c1', { ...EMPTY, reply: 'x', saved: false })
    writeDraft('me', 'c1', { ...EMPTY, saved: true })
    expect(localStorage.length).toBe(0)
  })

  it('is gone from a shared computer after signing out, and only mine', () => {
    writeDraft('me', 'c1', { ...EMPTY, note: 'a' })
    writeDraft('other', 'c1', { ...EMPTY, note: 'b' })
    clearDrafts('me')
    expect(readDraft('me', 'c1')).toEqual(EMPTY)
    expect(readDraft('other', 'c1').note).toBe('b')
  })

  it('that is broken in the browser is taken as none', () => {
    localStorage.setItem('caredesk.draft.me.c1', '{')
    expect(readDraft('me', 'c1')).toEqual(EMPTY)
  })
})

describe('a picture', () => {
  it('is made to fit and never enlarged', () => {
    expect(fitted(4000, 3000)).toEqual({ width: 1600, height: 1200 })
    expect(fitted(300, 200)).toEqual({ width: 300, height: 200 })
    expect(fitted(10_000, 1)).toEqual({ width: 1600, height: 1 })
  })
})
