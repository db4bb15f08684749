/** Times as people read them: clinic time (Shanghai) wherever the browser stands. Words come from Intl, not from here. */

export type Language = 'zh' | 'en'
export type Moment = string | number | Date

const ZONE = 'Asia/Shanghai'
const LOCALES: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' }
const DAY = 86_400_000
const HOUR = 3600
const MINUTE = 60

const made = new Map<string, Intl.DateTimeFormat>()

/** `14:30` */
export function clock(at: Moment): string {
  return format('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at))
}

/** `2026-11-20 14:30:05`, for what must be told to the second. */
export function exactMoment(at: Moment): string {
  const seconds = format('en', { second: '2-digit' }).format(new Date(at)).padStart(2, '0')
  return `${dayKey(at)} ${clock(at)}:${seconds}`
}

/** `2026-11-20`, the clinic's calendar day; equal strings are the same day. */
export function dayKey(at: Moment): string {
  const parts = format('en', { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(new Date(at))
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** Today and its neighbours by name, this year without the year, weekday when it helps. */
export function dayName(at: Moment, now: Moment, language: Language): string {
  const distance = daysBetween(now, at)
  if (Math.abs(distance) <= 1) return relativeDay(distance, language)
  const sameYear = dayKey(at).slice(0, 4) === dayKey(now).slice(0, 4)
  const weekday = Math.abs(distance) < 7 ? ({ weekday: 'short' } as const) : {}
  const year = sameYear ? {} : ({ year: 'numeric' } as const)
  return format(language, { ...year, month: language === 'zh' ? 'long' : 'short', day: 'numeric', ...weekday }).format(
    new Date(at),
  )
}

/** A day and a time of day; only the time when it is today. */
export function dayAndClock(at: Moment, now: Moment, language: Language): string {
  if (daysBetween(now, at) === 0) return clock(at)
  return `${dayName(at, now, language)} ${clock(at)}`
}

/** The same with the day always named, for promises: nobody has to guess which 14:30 is meant. */
export function namedDayAndClock(at: Moment, now: Moment, language: Language): string {
  return `${dayName(at, now, language)} ${clock(at)}`
}

/** Whole calendar days of the clinic from one moment to another. */
export function daysBetween(from: Moment, to: Moment): number {
  return Math.round((Date.parse(dayKey(to)) - Date.parse(dayKey(from))) / DAY)
}

/** A running timer: `0:42`, `12:05`, `1:02:05`. */
export function timer(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(whole / HOUR)
  const minutes = Math.floor((whole % HOUR) / MINUTE)
  const rest = two(whole % MINUTE)
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`
}

/** A length of time in words, rounded to what matters: seconds, minutes, hours, days. */
export function duration(seconds: number, language: Language): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < MINUTE) return unit(whole, 'second', language)
  if (whole < HOUR) return unit(Math.round(whole / MINUTE), 'minute', language)
  if (whole < 2 * HOUR) {
    const minutes = Math.floor((whole % HOUR) / MINUTE)
    return minutes === 0 ? unit(1, 'hour', language) : `${unit(1, 'hour', language)} ${unit(minutes, 'minute', language)}`
  }
  if (whole < 48 * HOUR) return unit(Math.round(whole / HOUR), 'hour', language)
  return unit(Math.round(whole / (24 * HOUR)), 'day', language)
}

/** Seconds from one moment to another; negative when it lies before. */
export function secondsBetween(from: Moment, to: Moment): number {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000
}

function relativeDay(distance: number, language: Language): string {
  const name = new Intl.RelativeTimeFormat(LOCALES[language], { numeric: 'auto' }).format(distance, 'day')
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function unit(value: number, name: 'second' | 'minute' | 'hour' | 'day', language: Language): string {
  const words = new Intl.NumberFormat(LOCALES[language], { style: 'unit', unit: name, unitDisplay: 'short' }).format(value)
  // Chinese units follow their number without a gap; our sentences have one there.
  return words.replace(/(\d)([\u4e00-\u9fff])/, '$1 $2')
}

/** Formatters are costly to make and are asked for on every tick of a list. */
function format(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options)
  const known = made.get(key)
  if (known) return known
  const fresh = new Intl.DateTimeFormat(LOCALES[language], { ...options, timeZone: ZONE })
  made.set(key, fresh)
  return fresh
}
