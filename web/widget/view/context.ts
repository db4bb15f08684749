/** What every part of the screen is given. */
import type { Desk } from '../core/desk'
import type { Sheets } from './sheet'

export type Context = {
  desk: Desk
  sheets: Sheets
  /** Set when the page sits in the frame of another site. */
  close: (() => void) | null
  /** Waits for something the visitor asked for; says in words when it does not work. Gives whether it did. */
  attempt(action: Promise<unknown>): Promise<boolean>
}

/** A part is made once per language and brought up to date after every change. */
export type Part = { element: HTMLElement; update(): void }
