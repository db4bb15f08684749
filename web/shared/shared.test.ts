import { describe, expect, it } from 'vitest'
import { characters, fuzzyScore, initials, stableChoice } from './text'
import { clock, dayAndClock, dayKey, dayName, duration, namedDayAndClock, timer } from './time'
import { fill } from './translate'

const NOW = '2026-11-23T02:00:00Z'

describe('times', () => {
  it('are the clinic’s, wherever the browser stands', () => {
    expect(clock('2026-11-23T02:05:00Z')).toBe('10:05')
    expect(clock('2026-11-22T16:00:00Z')).toBe('00:00')
    expect(dayKey('2026-11-22T16:00:00Z')).toBe('2026-11-23')
  })

  it('name today and its neighbours', () => {
    expect(dayName(NOW, NOW, 'zh')).toBe('今天')
    expect(dayName('2026-11-22T15:00:00Z', NOW, 'zh')).toBe('昨天')
    expect(dayName('2026-11-24T01:00:00Z', NOW, 'en')).toBe('Tomorrow')
  })

  it('name the weekday of near days and the year of far ones', () => {
    expect(dayName('2026-11-26T01:00:00Z', NOW, 'zh')).toContain('周四')
    expect(dayName('2025-11-26T01:00:00Z', NOW, 'zh')).toContain('2025')
  })

  it('leave today unsaid in lists and say it in promises', () => {
    expect(dayAndClock('2026-11-23T06:30:00Z', NOW, 'zh')).toBe('14:30')
    expect(namedDayAndClock('2026-11-23T06:30:00Z', NOW, 'zh')).toBe('今天 14:30')
  })

  it('run as timers and read as lengths', () => {
    expect([timer(0), timer(65), timer(3725), timer(-5)]).toEqual(['0:00', '1:05', '1:02:05', '0:00'])
    expect([duration(45, 'zh'), duration(180, 'zh'), duration(3900, 'en'), duration(7200, 'en')]).toEqual(['45 秒', '3 分钟', '1 hr 5 mins', '2 hrs'])
  })
})

describe('texts', () => {
  it('give people their signs', () => {
    expect([initials('李晓雯'), initials('Li Xiaowen'), initials('王**'), initials('')]).toEqual(['晓雯', 'LX', '王', ''])
  })

  it('give a person always the same choice', () => {
    expect(stableChoice('a-b', 6)).toBe(stableChoice('a-b', 6))
    expect(stableChoice('x', 6)).toBeLessThan(6)
  })

  it('count what people see as one sign as one', () => {
    expect(characters('好👶𠮷')).toBe(3)
  })

  it('are found by signs in order, whole words first', () => {
    expect(fuzzyScore('parcel', 'arc')).toBe(1)
    expect(fuzzyScore('parcel', 'pcl')).toBeGreaterThan(99)
    expect(fuzzyScore('parcel', 'cap')).toBeNull()
  })

  it('are filled without leaving braces behind', () => {
    expect(fill('{name} 等了 {n} 秒 {gone}', { name: '王', n: 3 })).toBe('王 等了 3 秒 ')
  })
})
