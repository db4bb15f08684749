import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Widget } from './loader'

declare global {
  interface Window {
    happyDOM: { settings: { enableIframePageLoading: boolean; fetch: { interceptor: unknown } } }
  }
}

const DESK = 'https://desk.example'
let widget: Widget

beforeEach(() => {
  // There is no desk at that address: the frame gets an empty page.
  window.happyDOM.settings.enableIframePageLoading = true
  window.happyDOM.settings.fetch.interceptor = { beforeAsyncRequest: () => Promise.resolve(new Response('')) }
  localStorage.clear()
  document.body.innerHTML = ''
  widget = open()
})

afterEach(() => vi.useRealTimers())

function open(identity = ''): Widget {
  const made = new Widget({ desk: DESK, language: 'zh', identity })
  document.body.append(made.host)
  return made
}

const inside = <E extends HTMLElement>(selector: string): E => widget.host.shadowRoot!.querySelector<E>(selector)!
const button = () => inside<HTMLButtonElement>('button')
const panel = () => inside('[role=dialog]')
const frame = () => inside<HTMLIFrameElement>('iframe')

function fromFrame(data: unknown, { origin = DESK, source = frame().contentWindow as unknown } = {}): void {
  window.dispatchEvent(Object.assign(new Event('message'), { data, origin, source }))
}

test('loads nothing before it is asked', () => {
  expect(frame()).toBeNull()
  expect(button().getAttribute('aria-label')).toBe('打开在线客服')
})

test('opens and closes the page in a frame of the desk', () => {
  button().click()
  expect(frame().src).toBe(`${DESK}/chat?embed=1&language=zh&origin=${encodeURIComponent(location.origin)}`)
  expect(panel().style.display).toBe('block')
  expect(button().getAttribute('aria-expanded')).toBe('true')
  document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))
  expect(panel().style.display).toBe('none')
  expect(widget.host.shadowRoot!.activeElement).toBe(button())
})

test('hands the identity over in the fragment, which no server sees', () => {
  widget = open('a.b.c')
  widget.open()
  expect(new URL(frame().src).hash).toBe('#identity=a.b.c')
})

test('counts what is unread while it is closed', () => {
  widget.open()
  widget.close()
  fromFrame({ caredesk: 'unread', count: 3, active: true })
  expect(inside('span').style.display).toBe('block')
  expect(inside('span').textContent).toBe('3')
  expect(button().getAttribute('aria-label')).toBe('打开在线客服，3 条未读')
})

test('closes when the page asks', () => {
  widget.open()
  fromFrame({ caredesk: 'close' })
  expect(panel().style.display).toBe('none')
})

test('hears neither other origins nor other frames', () => {
  widget.open()
  fromFrame({ caredesk: 'close' }, { origin: 'https://evil.example' })
  fromFrame({ caredesk: 'close' }, { source: window })
  fromFrame(null)
  expect(panel().style.display).toBe('block')
})

test('tells the page of an identity once it is ready', () => {
  widget.open()
  const told = vi.spyOn(frame().contentWindow!, 'postMessage').mockReturnValue(undefined)
  widget.identify('later')
  expect(told).not.toHaveBeenCalled()
  fromFrame({ caredesk: 'ready' })
  widget.identify('newer')
  expect(told.mock.calls).toEqual([
    [{ caredesk: 'identity', identity: 'later' }, DESK],
    [{ caredesk: 'open' }, DESK],
    [{ caredesk: 'identity', identity: 'newer' }, DESK],
  ])
})

test('loads by itself on the next page while a conversation is open', async () => {
  vi.useFakeTimers()
  widget.open()
  fromFrame({ caredesk: 'unread', count: 0, active: true })
  widget = open()
  await vi.advanceTimersByTimeAsync(2000)
  expect(frame()).not.toBeNull()
  expect(panel().style.display).toBe('none')
  fromFrame({ caredesk: 'unread', count: 0, active: false })
  widget = open()
  await vi.advanceTimersByTimeAsync(2000)
  expect(frame()).toBeNull()
})

test('stands above whatever the host site does to its elements', () => {
  const { style } = widget.host
  expect([style.getPropertyValue('position'), style.getPropertyPriority('position')]).toEqual(['fixed', 'important'])
})
