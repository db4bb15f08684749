/**
 * The one line that embeds the desk into any site:
 * `<script src="https://desk.example/widget.js" data-language="zh" data-identity="..." defer></script>`.
 * It puts a round button on the page and, when asked, the parent's page in a frame from the desk's own address.
 */
import { BADGE, BUTTON, dress, FRAME, FULL, HOST, PANEL } from './style'
import { WORDS } from './words'

type FromFrame = { caredesk: 'ready' | 'close' } | { caredesk: 'unread'; count: number; active: boolean }
type ToFrame = { caredesk: 'open' | 'close' } | { caredesk: 'identity'; identity: string }

export type CareDesk = { open(): void; close(): void; identify(identity: string): void }

export type Include = { desk: string; language: 'zh' | 'en'; identity: string }

const PHONE = '(max-width: 600px), (max-height: 480px)'
/** Remembers on the host site that a conversation is open, so that its unread answers are counted on the next page. */
const ACTIVE = 'caredesk.active'
const CHAT = 'M4 4h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z M8 9h8 M8 12.5h5'
const CROSS = 'M6 6l12 12 M18 6L6 18'

export class Widget implements CareDesk {
  readonly host = document.createElement('caredesk-widget')
  private readonly button = document.createElement('button')
  private readonly badge = document.createElement('span')
  private readonly drawing = shape('path')
  private readonly panel = document.createElement('div')
  private readonly phone = window.matchMedia(PHONE)
  private readonly words
  private frame: HTMLIFrameElement | null = null
  private ready = false
  private isOpen = false
  private unread = 0
  private overflow = ''
  private handedOver = ''

  constructor(private readonly include: Include) {
    this.words = WORDS[include.language]
    this.build()
    window.addEventListener('message', (event: MessageEvent<FromFrame | null>) => this.hear(event))
    document.addEventListener('keydown', ({ key }) => key === 'Escape' && this.close())
    window.addEventListener('resize', () => this.layOut())
    if (remembered()) window.setTimeout(() => this.load(), 1500)
  }

  open(): void {
    if (this.isOpen) return
    this.isOpen = true
    this.load()
    this.layOut()
    this.tell({ caredesk: 'open' })
    this.frame?.focus()
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.layOut()
    this.tell({ caredesk: 'close' })
    this.button.focus()
  }

  /** The site's user has signed in: a signed identity tells the desk which family it is. */
  identify(identity: string): void {
    this.include.identity = identity
    this.tell({ caredesk: 'identity', identity })
  }

  private build(): void {
    const svg = shape('svg', { viewBox: '0 0 24 24', width: '28', height: '28', fill: 'none', 'aria-hidden': 'true' })
    for (const [name, value] of Object.entries(STROKE)) svg.setAttribute(name, value)
    svg.append(this.drawing)
    this.button.type = 'button'
    this.button.append(svg, this.badge)
    this.button.onclick = () => (this.isOpen ? this.close() : this.open())
    this.panel.setAttribute('role', 'dialog')
    this.panel.setAttribute('aria-label', this.words.title)
    dress(this.host, HOST)
    dress(this.badge, BADGE)
    this.host.attachShadow({ mode: 'open' }).append(this.panel, this.button)
    this.layOut()
  }

  private layOut(): void {
    const covers = this.isOpen && this.phone.matches
    const { title, open, close, unread } = this.words
    dress(this.panel, { ...(this.phone.matches ? FULL : PANEL), display: this.isOpen ? 'block' : 'none' })
    // On a phone the page's own close button is in the bar of the frame.
    dress(this.button, { ...BUTTON, display: covers ? 'none' : 'flex' })
    dress(this.badge, { display: this.unread > 0 && !this.isOpen ? 'block' : 'none' })
    this.badge.textContent = this.unread > 99 ? '99+' : String(this.unread)
    this.drawing.setAttribute('d', this.isOpen ? CROSS : CHAT)
    this.button.title = title
    this.button.setAttribute('aria-expanded', String(this.isOpen))
    this.button.setAttribute('aria-label', (this.isOpen ? close : open) + (this.unread > 0 ? unread(this.unread) : ''))
    this.holdPage(covers)
  }

  /** Under the full screen the host page must not scroll. */
  private holdPage(held: boolean): void {
    const { style } = document.documentElement
    if (held && style.overflow !== 'hidden') {
      this.overflow = style.overflow
      style.overflow = 'hidden'
    } else if (!held && style.overflow === 'hidden') style.overflow = this.overflow
  }

  private load(): void {
    if (this.frame) return
    const { desk, language, identity } = this.include
    const address = `${desk}/chat?embed=1&language=${language}&origin=${encodeURIComponent(location.origin)}`
    this.frame = document.createElement('iframe')
    this.frame.title = this.words.title
    this.handedOver = identity
    this.frame.src = identity ? `${address}#identity=${encodeURIComponent(identity)}` : address
    dress(this.frame, FRAME)
    this.panel.append(this.frame)
  }

  private tell(message: ToFrame): void {
    if (this.ready) this.frame?.contentWindow?.postMessage(message, this.include.desk)
  }

  private hear({ data, source, origin }: MessageEvent<FromFrame | null>): void {
    if (!data || origin !== this.include.desk || !this.frame || source !== this.frame.contentWindow) return
    if (data.caredesk === 'close') this.close()
    else if (data.caredesk === 'unread') this.count(data.count, data.active)
    else if (data.caredesk === 'ready') {
      this.ready = true
      // The frame may have been loaded before the site knew who its user is.
      if (this.include.identity !== this.handedOver) this.identify(this.include.identity)
      if (this.isOpen) this.tell({ caredesk: 'open' })
    }
  }

  private count(unread: number, active: boolean): void {
    this.unread = unread
    remember(active)
    this.layOut()
  }
}

const STROKE = { stroke: 'currentColor', 'stroke-width': '2', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }

function shape(name: 'svg' | 'path', attributes: Record<string, string> = {}): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value)
  return element
}

function remembered(): boolean {
  try {
    return localStorage.getItem(ACTIVE) !== null
  } catch {
    return false
  }
}

function remember(active: boolean): void {
  try {
    if (active) localStorage.setItem(ACTIVE, '1')
    else localStorage.removeItem(ACTIVE)
  } catch {
    // Without storage only this page's own frame counts.
  }
}
