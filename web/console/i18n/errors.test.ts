/** What went wrong is told in words that fit it. */
import { afterEach, expect, test } from 'vitest'
import { ApiError } from '../api'
import { setLanguage, tError } from '.'

const limited = (rule: string, retry_after: number): ApiError => new ApiError('rate.limited', { status: 429, fields: { rule, retry_after } })

afterEach(() => { setLanguage('zh') })

test('the limit of looking behind masks is told in minutes, in both languages', () => {
  expect(tError(limited('reveal', 1741))).toBe('这一小时查看个人信息的次数已到上限，请 30 分钟后再试；急用请找班长。')
  setLanguage('en')
  expect(tError(limited('reveal', 1741))).toContain('Try again in 30 min')
})

test('other limits are told in seconds', () => {
  expect(tError(limited('search', 7))).toBe('操作太频繁，请 7 秒后再试。')
})
