import { beforeEach, describe, expect, test } from 'vitest'
import en from './en.json'
import { learn, speak, t, tCode, tError } from './index'
import { clock, moment } from './when'
import zh from './zh.json'

const FIELD = /\{(\w+)\}/g
const SOURCES = import.meta.glob<string>(['../**/*.ts', '!../**/*.test.ts'], { query: '?raw', import: 'default', eager: true })

beforeEach(() => {
  learn('zh', zh)
  learn('en', en)
  speak('zh')
})

describe('the word files', () => {
  test('have the same keys with the same fields', () => {
    expect(Object.keys(en)).toEqual(Object.keys(zh))
    const fields = (words: Record<string, string>) =>
      Object.entries(words).map(([key, text]) => [key, Array.from(text.matchAll(FIELD), (found) => found[1]).sort()])
    expect(fields(en)).toEqual(fields(zh))
  })

  test('leave no word empty or in the other language', () => {
    expect(Object.values(zh).filter((text) => text.trim() === '')).toEqual([])
    const english = Object.entries(en).filter(([key]) => key !== 'menu.language')
    expect(english.filter(([, text]) => /[\u4e00-\u9fff]/.test(text))).toEqual([])
  })

  test('hold no word that nothing shows', () => {
    const code = Object.values(SOURCES).join('\n')
    const families = ['error.', 'notice.', 'status.', 'clinic.reason.', 'ask.person_', 'rate.']
    const unused = Object.keys(zh).filter((key) => !families.some((family) => key.startsWith(family)) && !code.includes(`'${key}'`))
    expect(unused).toEqual([])
  })

  test('speak to parents politely and without shouting', () => {
    expect(Object.values(zh).filter((text) => /[！!]|你(?!好)/.test(text))).toEqual([])
  })
})

describe('codes', () => {
  // The codes themselves are checked against the server's in the Python tests.
  test('have their own words, or their family has', () => {
    expect(tError({ code: 'picture.refused', fields: { reason: 'size' } })).toBe(zh['error.picture.refused.size'])
    expect(tError({ code: 'picture.refused', fields: { reason: 'other' } })).toBe(zh['error.picture.refused'])
    expect(tError({ code: 'input.malformed' })).toBe(zh['error.input'])
    expect(tError({ code: 'never.heard.of' })).toBe(zh['error.unknown'])
    expect(tCode('status', 'shipped', {}, 'x')).toBe('已发出')
    expect(tCode('status', 'unheard', {}, 'x')).toBe('x')
  })
})

describe('times', () => {
  const now = new Date('2026-11-23T02:00:00Z')
  test.each([
    ['2026-11-23T06:30:00Z', '今天 14:30'],
    ['2026-11-23T16:30:00Z', '明天 00:30'],
    ['2026-11-22T15:59:00Z', '昨天 23:59'],
    ['2026-11-28T04:00:00Z', '11月28日周六 12:00'],
    ['2027-01-04T00:00:00Z', '2027年1月4日 08:00'],
  ])('%s is %s', (at, words) => {
    expect(moment(at, now, 'zh')).toBe(words)
  })

  test('are the clinic’s wherever the phone is', () => {
    expect(clock('2026-11-23T16:05:00Z')).toBe('00:05')
  })

  test('are said in English too', () => {
    speak('en')
    expect(moment('2026-11-23T06:30:00Z', now, 'en')).toBe('today 14:30')
    expect(moment('2026-11-28T04:00:00Z', now, 'en')).toBe('Sat 28 Nov 12:00')
    expect(t('wait.ahead', { n: 2 })).toBe('2 ahead of you')
  })
})
