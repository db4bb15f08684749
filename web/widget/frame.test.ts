import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findSite, takeIdentity } from './frame'

const SITE = 'https://hospital.example'
const heard: string[] = []
const listener = {
  opened: () => heard.push('opened'),
  closed: () => heard.push('closed'),
  identified: (identity: string) => heard.push(identity),
}

let parent: { postMessage: ReturnType<typeof vi.fn> }
let frame: Window

beforeEach(() => {
  heard.length = 0
  parent = { postMessage: vi.fn() }
  frame = new EventTarget() as unknown as Window
  Object.assign(frame, {
    parent,
    location: { search: `?embed=1&origin=${encodeURIComponent(SITE)}`, hash: '', pathname: '/chat' },
    history: { replaceState: vi.fn() },
  })
})

afterEach(() => vi.restoreAllMocks())

function post(data: unknown, { source = parent as unknown, origin = SITE } = {}): void {
  frame.dispatchEvent(Object.assign(new Event('message'), { data, source, origin }))
}

test('hears the site that frames it', () => {
  findSite(frame, listener)
  post({ caredesk: 'open' })
  post({ caredesk: 'identity', identity: 'signed' })
  post({ caredesk: 'close' })
  expect(heard).toEqual(['opened', 'signed', 'closed'])
})

test('hears nobody else', () => {
  findSite(frame, listener)
  post({ caredesk: 'identity', identity: 'forged' }, { origin: 'https://evil.example' })
  post({ caredesk: 'identity', identity: 'forged' }, { source: {} })
  post('noise')
  post(null)
  expect(heard).toEqual([])
})

test('speaks to the site’s own address only', () => {
  findSite(frame, listener)?.tell({ caredesk: 'unread', count: 2, active: true })
  expect(parent.postMessage).toHaveBeenCalledWith({ caredesk: 'unread', count: 2, active: true }, SITE)
})

test('has no site when it stands alone', () => {
  Object.assign(frame, { parent: frame })
  expect(findSite(frame, listener)).toBeNull()
})

test('takes the identity out of the address', () => {
  frame.location.hash = '#identity=a.b.c'
  expect(takeIdentity(frame)).toBe('a.b.c')
  expect(frame.history.replaceState).toHaveBeenCalledWith(null, '', `/chat?embed=1&origin=${encodeURIComponent(SITE)}`)
})
