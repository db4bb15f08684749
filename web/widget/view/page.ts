/** The whole page: parts in their order, drawn anew when the language changes, brought up to date after every change. */
import { DeskError } from '../core/api'
import type { Desk } from '../core/desk'
import { speak, t, tError } from '../i18n'
import { composer } from './composer'
import type { Context, Part } from './context'
import { button, empty, h, icon, say, show } from './dom'
import { header } from './header'
import { Sheets } from './sheet'
import { strips } from './strips'
import { timeline } from './timeline'
import { welcomeCard } from './welcome'

/** So near to the end counts as the end. */
const END_PX = 60
const MARGIN_PX = 8
const TOAST_MS = 6000

export type Frame = { close: (() => void) | null; unread(count: number, active: boolean): void }

export class Page {
  /** In a frame that is folded away, nothing is read. */
  shown: boolean
  private readonly context: Context
  private readonly toast = h('p', { class: 'toast', role: 'alert', hidden: true })
  private parts: Part[] = []
  private log: HTMLElement = h('div')
  private newer: HTMLElement = h('div')
  private input: HTMLTextAreaElement | null = null
  private drawn = ''
  private drawing = false
  private atEnd = true
  private shownCount = 0
  private toastTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly desk: Desk,
    private readonly root: HTMLElement,
    private readonly frame: Frame,
  ) {
    this.shown = frame.close === null
    const attempt = (action: Promise<unknown>) => this.attempt(action)
    this.context = { desk, sheets: new Sheets(root), close: frame.close, attempt }
    root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.context.sheets.isOpen) frame.close?.()
    })
    desk.onChange = () => this.drawSoon()
    this.draw()
  }

  focus(): void {
    this.input?.focus()
  }

  /** The visitor may have come to see what is new. */
  looked(): void {
    if (this.shown && this.atEnd && document.visibilityState === 'visible') this.desk.seen()
  }

  /** Changes come in groups; they are drawn once. Not by animation frame, which stands still in hidden frames. */
  drawSoon(): void {
    if (this.drawing) return
    this.drawing = true
    void Promise.resolve().then(() => {
      this.drawing = false
      this.draw()
    })
  }

  private draw(): void {
    const { state } = this.desk
    document.documentElement.classList.toggle('large', state.large)
    const drawn = `${state.language}${state.sitting}`
    if (drawn !== this.drawn) this.build(drawn)
    const count = state.messages.length + state.outgoing.length
    const hadFocus = this.root.contains(document.activeElement)
    for (const part of this.parts) part.update()
    // A form that is done takes the focus with it; it goes to the conversation, not to nowhere.
    if (hadFocus && !this.root.contains(document.activeElement)) this.log.focus()
    this.follow(count)
    this.looked()
    show(this.newer, !this.atEnd)
    say(this.newer.querySelector('span') ?? this.newer, t(state.unread > 0 ? 'page.newer' : 'page.to_end'))
    document.title = `${state.unread > 0 ? `(${state.unread}) ` : ''}${t('page.title')}`
    this.frame.unread(state.unread, state.conversation !== null && state.conversation.status !== 'closed')
  }

  private build(drawn: string): void {
    const { language } = this.desk.state
    this.drawn = drawn
    this.context.sheets.close()
    speak(language)
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
    const [bar, lines, welcome, talk, write] = [header, strips, welcomeCard, timeline, composer].map((make) =>
      make(this.context),
    ) as [Part, Part, Part, Part, ReturnType<typeof composer>]
    this.parts = [bar, lines, welcome, talk, write]
    this.input = write.input
    this.log = h('div', { class: 'log', role: 'log', 'aria-live': 'polite', 'aria-label': t('page.log'), tabindex: 0 }, welcome.element, talk.element)
    this.log.addEventListener('scroll', () => this.scrolled())
    this.newer = button('', () => this.toEnd(), { class: 'newer', hidden: true })
    this.newer.append(icon('down'), h('span'))
    const main = h('main', { class: 'main' }, this.log, this.newer)
    empty(this.root)
    this.root.append(h('div', { class: 'body' }, bar.element, lines.element, main, write.element), this.toast)
  }

  /** Stays at the end unless the visitor is reading further up; own words always lead there. */
  private follow(count: number): void {
    const grown = count > this.shownCount
    const isOwn = grown && this.desk.state.outgoing.some((item) => item.state !== 'failed')
    this.shownCount = count
    if (isOwn) this.toEnd()
    else if (grown && this.atEnd) this.toNewest()
    else if (this.atEnd && count > 0) this.toEnd()
  }

  private toEnd(): void {
    this.log.scrollTop = this.log.scrollHeight
    this.atEnd = true
  }

  /** What is longer than the screen is read from its beginning. */
  private toNewest(): void {
    this.toEnd()
    const rows = this.log.querySelectorAll<HTMLElement>('.row.theirs')
    const top = rows[rows.length - 1]?.offsetTop ?? Infinity
    if (top < this.log.scrollTop) this.log.scrollTop = top - MARGIN_PX
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.log
    const atEnd = scrollHeight - scrollTop - clientHeight < END_PX
    if (atEnd === this.atEnd) return
    this.atEnd = atEnd
    this.drawSoon()
  }

  private async attempt(action: Promise<unknown>): Promise<boolean> {
    try {
      await action
      return true
    } catch (fault) {
      this.tell(tError(fault instanceof DeskError ? fault : { code: 'unknown' }))
      return false
    }
  }

  private tell(words: string): void {
    clearTimeout(this.toastTimer)
    say(this.toast, words)
    show(this.toast, true)
    this.toastTimer = setTimeout(() => show(this.toast, false), TOAST_MS)
  }
}
