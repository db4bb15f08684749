/** Making elements. Text goes in as text nodes only, so nothing that anybody writes can become markup. */

type Child = Node | string | false | null | undefined
type Value = string | number | boolean | ((event: never) => void) | null | undefined

/** `h('button', { class: 'send', onclick: send }, 'Send')`: functions become listeners, `true` an empty attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener)
    else set(element, name, value)
  }
  return add(element, ...children)
}

export function set(element: Element, name: string, value: Exclude<Value, (event: never) => void>): void {
  if (value === false || value === null || value === undefined) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? '' : String(value))
}

export function add<E extends Element>(parent: E, ...children: Child[]): E {
  for (const child of children) {
    if (child) parent.appendChild(typeof child === 'string' ? document.createTextNode(child) : child)
  }
  return parent
}

export function empty(element: Element): void {
  element.textContent = ''
}

/** Writes only what differs, so that a screen reader is not told the same words again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

export function show(element: Element, visible: boolean): void {
  set(element, 'hidden', !visible)
}

export function button(label: string, onclick: () => void, attributes: Record<string, Value> = {}): HTMLButtonElement {
  return h('button', { type: 'button', onclick, ...attributes }, label)
}

/** A question to tap. */
export function choice(question: string, ask: () => void): HTMLElement {
  return add(button(question, ask, { class: 'choice' }), icon('next'))
}

const SHAPES = {
  person: 'M4 13v-1a8 8 0 0 1 16 0v1M4 13h2a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zm16 0h-2a1 1 0 0 0-1 1v4a1 1 0 0 0 1 1h1a1 1 0 0 0 1-1zm0 5v1a3 3 0 0 1-3 3h-4',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  send: 'M12 20V5m-6 6 6-6 6 6',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  down: 'M12 5v14m-6-6 6 6 6-6',
  phone: 'M6.5 3.5h3l1.5 4-2 1.5a12 12 0 0 0 6 6l1.5-2 4 1.5v3a2 2 0 0 1-2 2a15 15 0 0 1-14-14a2 2 0 0 1 2-2z',
  alert: 'M12 4l9 16H3zM12 10v4.5M12 17.2h.01',
  heart: 'M12 19.5c-4.7-3-7.5-5.7-7.5-9a4 4 0 0 1 7.5-1.900a4 4 0 0 1 7.5 1.900c0 3.300-2.800 6-7.5 9z',
  clock: 'M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M12 8v4.5l3 2',
  check: 'M5 12.5l4.5 4.5L19 7.5',
} as const

export type IconName = keyof typeof SHAPES

export function icon(name: IconName): SVGSVGElement {
  const NS = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(NS, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(NS, 'path')
  path.setAttribute('d', SHAPES[name])
  svg.appendChild(path)
  return svg
}
