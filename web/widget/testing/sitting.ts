/** One visitor's sitting on a fake desk, with time standing still between the steps. */
import { vi } from 'vitest'
import type { Desk } from '../core/desk'
import { FakeDesk, NOON, visitorOf } from './fake_desk'

export class Sitting {
  readonly server = new FakeDesk()
  /** What the browser says of its network. */
  online = true

  constructor() {
    vi.useFakeTimers({ now: Date.parse(NOON) })
    localStorage.clear()
  }

  /** The page is opened, or opened again. */
  async arrive(): Promise<Desk> {
    const desk = visitorOf(this.server, { online: () => this.online })
    await desk.start(null)
    await settle()
    return desk
  }

  end(): void {
    vi.clearAllTimers()
    vi.useRealTimers()
  }
}

export const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms)

/** What is on the screen, in order. */
export function shown({ state }: Desk): string[] {
  return state.messages.map(({ body }) => (body.kind === 'text' ? body.text : body.kind))
}
