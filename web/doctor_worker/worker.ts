/** The doctor's desk without its page: the shell in a dead network, and a word when there is news. It knows nobody. */
import { PAGE, addressOf, filesOf, kindOf, requestOf } from './shell'
import { WORDS } from './words'

declare const self: ServiceWorkerGlobalScope

const CACHE = 'caredesk-doctor-shell'
/** A bad network is given up on when a doctor would. */
const PAGE_MS = 4_000

self.addEventListener('install', (event) => { event.waitUntil(self.skipWaiting()) })
self.addEventListener('activate', (event) => { event.waitUntil(self.clients.claim()) })

self.addEventListener('fetch', (event) => {
  const kind = kindOf(event.request, self.location.origin)
  if (kind === 'page') event.respondWith(freshPage(event.request))
  if (kind === 'built') event.respondWith(keptFile(event.request))
})

async function freshPage(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PAGE_MS) })
    if (answer.ok) await keepPage(cache, answer.clone())
    return answer
  } catch {
    return (await cache.match(PAGE)) ?? Response.error()
  }
}

async function keepPage(cache: Cache, answer: Response): Promise<void> {
  const files = filesOf(await answer.clone().text())
  await cache.put(PAGE, answer)
  for (const kept of await cache.keys()) {
    const { pathname } = new URL(kept.url)
    if (pathname !== PAGE && !files.includes(pathname)) await cache.delete(kept)
  }
  await Promise.all(files.map(async (file) => { if (!(await cache.match(file))) await cache.add(file).catch(() => undefined) }))
}

async function keptFile(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  return (await cache.match(request)) ?? fetch(request)
}

// ---- news --------------------------------------------------------------------------------------------------

self.addEventListener('push', (event) => { event.waitUntil(show(requestOf(read(event.data)))) })

function read(data: PushMessageData | null): unknown {
  try {
    return data?.json()
  } catch {
    return null
  }
}

function show(request: string): Promise<void> {
  const { title, body } = WORDS[self.navigator.language.startsWith('zh') ? 'zh' : 'en']
  const icon = '/static/doctor_desk/icon-192.png'
  // One line for one request, however often it moves on.
  return self.registration.showNotification(title, { body, icon, tag: request || 'news', data: { request } })
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open((event.notification.data as { request?: string } | null)?.request ?? ''))
})

async function open(request: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window' })
  const page = pages.find((one) => new URL(one.url).pathname.startsWith(PAGE))
  if (!page) {
    await self.clients.openWindow(addressOf(request))
    return
  }
  await page.focus()
  page.postMessage({ request })
}
