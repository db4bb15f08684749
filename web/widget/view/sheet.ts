/** One dialog at a time over the page: keeps the focus inside, closes by Escape, and gives the focus back. */
import { t } from '../i18n'
import { add, button, h, icon } from './dom'

const FOCUSABLE = 'button:not([disabled]), a[href], input, textarea, [tabindex="0"]'

export class Sheets {
  private open: { element: HTMLElement; before: Element | null; closed: () => void } | null = null

  constructor(private readonly page: HTMLElement) {
    page.addEventListener('keydown', (event) => this.key(event))
  }

  get isOpen(): boolean {
    return this.open !== null
  }

  /** Shows a titled sheet. `closed` is called however it is closed. */
  show(title: string, content: HTMLElement, closed: () => void = () => undefined): void {
    const close = button('', () => this.close(), { class: 'plain', 'aria-label': t('sheet.close') })
    add(close, icon('close'))
    const heading = h('h2', { id: 'sheet-title', tabindex: -1 }, title)
    this.present(h('div', { class: 'sheet' }, h('div', { class: 'sheet-head' }, heading, close), content), heading, closed)
  }

  /** Asks before something that cannot be undone. */
  confirm(title: string, text: string, yes: string, no: string, act: () => void): void {
    const go = button(yes, () => {
      this.close()
      act()
    })
    go.className = 'strong danger'
    const stay = button(no, () => this.close(), { class: 'soft' })
    this.show(title, h('div', { class: 'sheet-body' }, h('p', {}, text), h('div', { class: 'pair' }, stay, go)))
  }

  /** Fills the screen, for a picture. */
  fill(label: string, content: HTMLElement): void {
    const close = button('', () => this.close(), { class: 'plain over', 'aria-label': label })
    add(close, icon('close'))
    this.present(h('div', { class: 'full', 'aria-label': label }, content, close), close, () => undefined)
  }

  close(): void {
    const { open } = this
    if (!open) return
    this.open = null
    open.element.remove()
    this.page.querySelector('.body')?.removeAttribute('aria-hidden')
    open.closed()
    if (open.before instanceof HTMLElement && open.before.isConnected) open.before.focus()
  }

  private present(box: HTMLElement, first: HTMLElement, closed: () => void): void {
    this.close()
    box.setAttribute('role', 'dialog')
    box.setAttribute('aria-modal', 'true')
    if (!box.hasAttribute('aria-label')) box.setAttribute('aria-labelledby', 'sheet-title')
    const element = h('div', { class: 'scrim' }, box)
    element.addEventListener('click', (event) => event.target === element && this.close())
    this.open = { element, before: document.activeElement, closed }
    this.page.querySelector('.body')?.setAttribute('aria-hidden', 'true')
    this.page.appendChild(element)
    first.focus()
  }

  private key(event: KeyboardEvent): void {
    if (!this.open) return
    if (event.key === 'Escape') {
      event.stopPropagation()
      this.close()
    } else if (event.key === 'Tab') this.keepInside(event, this.open.element)
  }

  private keepInside(event: KeyboardEvent, element: HTMLElement): void {
    const stops = Array.from(element.querySelectorAll<HTMLElement>(FOCUSABLE))
    const first = stops[0]
    const last = stops[stops.length - 1]
    const here = document.activeElement
    if (!first || !last) return
    if (event.shiftKey ? here === first || !stops.includes(here as HTMLElement) : here === last) {
      event.preventDefault()
      const goal = event.shiftKey ? last : first
      goal.focus()
    }
  }
}
