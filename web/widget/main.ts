/** Starts the parent's page: the desk, its screen, and what the browser tells about network, sight and keyboard. */
import { Desk } from './core/desk'
import { newKey } from './core/keys'
import { uploadByRequest } from './core/pictures'
import { DeviceShelf } from './core/shelf'
import { findSite, takeIdentity } from './frame'
import { learn, prepare, type Words } from './i18n'
import { Page } from './view/page'
import './view/page.css'

const root = document.querySelector<HTMLElement>('#app')
const words = document.querySelector('#words')?.textContent
if (root && words) start(root, words)
// With it the page opens without its server, too. Where there is none, or no secure connection, all else works.
if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/chat/worker.js', { scope: '/chat' }).catch(() => undefined)

function start(root: HTMLElement, words: string): void {
  learn('zh', JSON.parse(words) as Words)
  const desk = makeDesk()
  const identity = takeIdentity(window)
  void desk.start(identity)
  void prepare(desk.state.language).then(() => draw(desk, root))
}

function makeDesk(): Desk {
  return new Desk({
    fetch: (address, options) => fetch(address, options),
    openLine: () => new WebSocket(lineAddress()),
    upload: uploadByRequest,
    shelf: new DeviceShelf(() => localStorage),
    online: () => navigator.onLine,
    newKey,
    language: new URLSearchParams(location.search).get('language') === 'en' ? 'en' : 'zh',
  })
}

function draw(desk: Desk, root: HTMLElement): void {
  const site = findSite(window, {
    opened: () => show(true),
    closed: () => show(false),
    identified: (identity) => void desk.identify(identity),
  })
  const page = new Page(desk, root, {
    close: site && (() => site.tell({ caredesk: 'close' })),
    unread: (count, active) => site?.tell({ caredesk: 'unread', count, active }),
  })
  const show = (shown: boolean) => {
    page.shown = shown
    page.looked()
    if (shown) page.focus()
  }
  listen(desk, page, root)
  site?.tell({ caredesk: 'ready' })
}

function lineAddress(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/socket.io/?EIO=4&transport=websocket`
}

function listen(desk: Desk, page: Page, root: HTMLElement): void {
  window.addEventListener('online', () => desk.wake())
  window.addEventListener('offline', () => desk.networkLost())
  window.addEventListener('pageshow', (event) => event.persisted && desk.wake())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    desk.wake()
    page.looked()
  })
  // iOS slides the keyboard over the page instead of making it shorter.
  const view = window.visualViewport
  view?.addEventListener('resize', () => {
    if (view.scale === 1) root.style.height = `${view.height}px`
    window.scrollTo(0, 0)
  })
}
