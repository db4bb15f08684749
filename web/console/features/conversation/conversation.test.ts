import { describe, expect, it } from 'vitest'
import { AT, ME, entry } from '../../testing/samples'
import { withoutChoices } from './bodies'
import { parseInline, parseMarkdown } from './markdown'
import { firstUnread, rowsOf } from './timelineRows'

const NOTHING = { unreadFrom: null, readUpTo: 0 }
const later = (seconds: number): string => new Date(Date.parse(AT) + seconds * 1000).toISOString()

describe('the rows of a timeline', () => {
  it('begin each clinic day with its name', () => {
    // 15:59 and 16:01 in London are two days in Shanghai.
    const rows = rowsOf([entry(1, { at: '2026-11-22T15:59:00Z' }), entry(2, { at: '2026-11-22T16:01:00Z' })], NOTHING)
    expect(rows.map((row) => row.kind)).toEqual(['day', 'entry', 'day', 'entry'])
  })

  it('draw a line above what is new', () => {
    const rows = rowsOf([entry(1), entry(2), entry(3)], { unreadFrom: 3, readUpTo: 0 })
    expect(rows.map((row) => row.kind)).toEqual(['day', 'entry', 'entry', 'unread', 'entry'])
  })

  it('join what one person says in a row, for three minutes', () => {
    const rows = rowsOf([entry(1), entry(2, { at: later(60) }), entry(3, { at: later(400) })], NOTHING)
    const runs = rows.flatMap((row) => (row.kind === 'entry' ? [[row.first, row.last]] : []))
    expect(runs).toEqual([[true, false], [false, true], [true, true]])
  })

  it('never join a note and a reply', () => {
    const ours = { author: 'agent', author_id: ME } as const
    const rows = rowsOf([entry(1, ours), entry(2, { ...ours, kind: 'note', patient_seq: null })], NOTHING)
    expect(rows.flatMap((row) => (row.kind === 'entry' ? [row.first] : []))).toEqual([true, true])
  })

  it('mark the last of ours that was read and the very last that was not', () => {
    const ours = { author: 'agent', author_id: ME } as const
    const rows = rowsOf([entry(1, ours), entry(2, ours), entry(3, ours), entry(4, ours)], { unreadFrom: null, readUpTo: 2 })
    expect(rows.flatMap((row) => (row.kind === 'entry' ? [row.read] : []))).toEqual(['none', 'read', 'none', 'unread'])
  })
})

describe('the first unread', () => {
  const entries = [entry(1), entry(2, { author: 'agent' }), entry(3), entry(4, { kind: 'notice', author: 'desk' }), entry(5)]

  it('is counted from the end over the messages of the visitor', () => {
    expect(firstUnread(entries, 1)).toBe(5)
    expect(firstUnread(entries, 2)).toBe(3)
    expect(firstUnread(entries, 0)).toBeNull()
  })

  it('is the first that is loaded when it lies before that', () => {
    expect(firstUnread(entries, 9)).toBe(1)
  })
})

describe('the text of an answer', () => {
  it('becomes paragraphs, lists, headings and bold words', () => {
    expect(parseMarkdown('## 改期\n点**我的预约**\n\n1. 选医生\n2. 付款\n\n- 免费\n- 一次').map((block) => block.kind)).toEqual([
      'heading',
      'paragraph',
      'list',
      'list',
    ])
  })

  it('keeps HTML as the words it is', () => {
    expect(parseMarkdown('<img src=x onerror=alert(1)>')).toEqual([
      { kind: 'paragraph', lines: [[{ kind: 'text', text: '<img src=x onerror=alert(1)>' }]] },
    ])
  })

  it('links to the web and to telephones only', () => {
    expect(parseInline('[看](https://a.example/x)')).toEqual([{ kind: 'link', text: '看', href: 'https://a.example/x' }])
    expect(parseInline('[打](tel:120)')).toEqual([{ kind: 'link', text: '打', href: 'tel:120' }])
    expect(parseInline('[点](javascript:alert(1))')[0]).toEqual({ kind: 'text', text: '点' })
    expect(parseInline('见 https://a.example/b。')[1]).toEqual({ kind: 'link', text: 'https://a.example/b', href: 'https://a.example/b' })
  })

  it('does not say its suggestions twice', () => {
    const choices = [{ entry_id: 'a', question: '怎么改期？' }]
    expect(withoutChoices({ text: '您想问的是？\n1. 怎么改期？', choices })).toBe('您想问的是？')
  })
})
