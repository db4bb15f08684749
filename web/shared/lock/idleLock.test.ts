import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TELL_EVERY_MS, createIdleLock } from './idleLock'
import type { Channel, Standing } from './idleLock'

const MINUTE = 60_000

/** A desk that locks after fifteen minutes, as the pages of one browser meet it. */
function makeDesk() {
  const desk = { done: Date.now(), locked: false, silent: false, told: 0, opened: 0 }
  const channels: Channel[] = []
  const standing = async (): Promise<Standing> => {
    if (desk.silent) return Promise.reject(new Error('silence'))
    desk.locked ||= Date.now() - desk.done >= 15 * MINUTE
    return Promise.resolve({ locked: desk.locked, locks_at: desk.locked ? null : new Date(desk.done + 15 * MINUTE).toISOString(), after_seconds: 15 * 60 })
  }
  const ways = {
    ask: standing,
    tell: () => {
      desk.told += 1
      desk.done = Date.now()
      return standing()
    },
    isSilence: () => desk.silent,
  }
  const makeChannel = (): Channel => {
    const own: Channel = {
      onmessage: null,
      close: () => undefined,
      postMessage: () => { for (const other of channels) if (other !== own) other.onmessage?.(new MessageEvent('message')) },
    }
    channels.push(own)
    return own
  }
  return { desk, open: () => createIdleLock(ways, () => { desk.opened += 1 }, makeChannel) }
}

const touch = (): void => { document.dispatchEvent(new KeyboardEvent('keydown', { key: 'a' })) }

describe('the lock of a screen', () => {
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => { vi.useRealTimers() })

  it('says so a minute before, unless another tab is used, and goes on with the first sign of somebody', async () => {
    const { desk, open } = makeDesk()
    const lock = open()
    lock.begin()
    await vi.advanceTimersByTimeAsync(5 * MINUTE)
    desk.done = Date.now()
    await vi.advanceTimersByTimeAsync(9 * MINUTE + 2_000)
    expect(lock.soon.value).toBe(false)
    await vi.advanceTimersByTimeAsync(5 * MINUTE)
    expect([lock.soon.value, lock.locked.value]).toEqual([true, false])
    const told = desk.told
    touch()
    touch()
    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    expect([lock.soon.value, lock.locked.value]).toEqual([false, false])
    expect(desk.told).toBe(told + 2)
    lock.end()
  })

  it('closes all tabs when nobody has touched any of them, and opens all with one', async () => {
    const { desk, open } = makeDesk()
    const [first, second] = [open(), open()]
    first.begin()
    second.begin()
    await vi.advanceTimersByTimeAsync(15 * MINUTE + 2_000)
    expect([first.locked.value, second.locked.value]).toEqual([true, true])
    expect(document.documentElement.hasAttribute('data-locked')).toBe(true)
    desk.locked = false
    desk.done = Date.now()
    first.opened()
    await vi.advanceTimersByTimeAsync(0)
    expect([first.locked.value, second.locked.value, desk.opened]).toEqual([false, false, 2])
    expect(document.documentElement.hasAttribute('data-locked')).toBe(false)
    first.end()
    second.end()
  })

  it('stays open while somebody types, and says so once a minute', async () => {
    const { desk, open } = makeDesk()
    const lock = open()
    lock.begin()
    for (let seconds = 0; seconds < 40 * 60; seconds += 5) {
      touch()
      await vi.advanceTimersByTimeAsync(5_000)
    }
    expect(lock.locked.value).toBe(false)
    expect(desk.told).toBeLessThanOrEqual(40 * MINUTE / TELL_EVERY_MS)
    expect(desk.told).toBeGreaterThan(30)
    lock.end()
  })

  it('tells the last sign of a minute too, so that nobody is locked out early', async () => {
    const { desk, open } = makeDesk()
    const lock = open()
    lock.begin()
    await vi.advanceTimersByTimeAsync(70_000)
    touch()
    await vi.advanceTimersByTimeAsync(50_000)
    touch()
    await vi.advanceTimersByTimeAsync(14 * MINUTE + 30_000)
    expect(lock.locked.value).toBe(false)
    expect(desk.told).toBe(2)
    lock.end()
  })

  it('hides a screen that was left alone also when the desk does not answer, but none that is in use', async () => {
    const { desk, open } = makeDesk()
    const lock = open()
    lock.begin()
    await vi.advanceTimersByTimeAsync(MINUTE)
    desk.silent = true
    await lock.look()
    expect(lock.locked.value).toBe(false)
    for (let minute = 0; minute < 20; minute += 1) {
      touch()
      await vi.advanceTimersByTimeAsync(MINUTE)
    }
    expect(lock.locked.value).toBe(false)
    await vi.advanceTimersByTimeAsync(15 * MINUTE)
    expect(lock.locked.value).toBe(true)
    lock.end()
  })

  it('takes no key for a sign once it is closed', async () => {
    const { desk, open } = makeDesk()
    const lock = open()
    desk.locked = true
    lock.shut()
    touch()
    await vi.advanceTimersByTimeAsync(5 * MINUTE)
    expect([desk.told, lock.locked.value]).toEqual([0, true])
    lock.end()
  })
})
