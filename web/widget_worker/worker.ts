/** The parent's page without its server: it opens from the phone, and shows the hospital's number and mail address. It knows nobody. */
import { filesIn, kindIn } from '@shared/shell'
import type { Shell } from '@shared/shell'

declare const self: ServiceWorkerGlobalScope

const SHELL: Shell = { page: '/chat', built: '/static/widget/' }
const CACHE = 'caredesk-parent-shell'
/** A family on a bad network waits longer than a doctor would. */
const PAGE_MS = 8_000

// The first visit has not come through here; what it asked for is kept all the same.
self.addEventListener('install', (event) => {
  event.waitUntil(Promise.all([self.skipWaiting(), askForPage(SHELL.page).catch(() => undefined)]))
})
self.addEventListener('activate', (event) => { event.waitUntil(self.clients.claim()) })

self.addEventListener('fetch', (event) => {
  const kind = kindIn(SHELL, event.request, self.location.origin)
  if (kind === 'page') event.respondWith(freshPage(event.request))
  if (kind === 'built') event.respondWith(keptFile(event.request))
})

/** A server that is away may still have a gateway before it, whose page of errors helps no family. */
async function freshPage(request: Request): Promise<Response> {
  const kept = async (): Promise<Response | undefined> => (await caches.open(CACHE)).match(SHELL.page)
  try {
    const answer = await askForPage(request)
    return answer.status < 500 ? answer : ((await kept()) ?? answer)
  } catch {
    return (await kept()) ?? Response.error()
  }
}

async function askForPage(request: Request | string): Promise<Response> {
  // Old phones have no AbortSignal.timeout.
  const stop = new AbortController()
  const timer = setTimeout(() => { stop.abort() }, PAGE_MS)
  try {
    const answer = await fetch(request, { signal: stop.signal })
    if (answer.ok) await keepPage(await caches.open(CACHE), answer.clone())
    return answer
  } finally {
    clearTimeout(timer)
  }
}

async function keepPage(cache: Cache, answer: Response): Promise<void> {
  const files = filesIn(SHELL, await answer.clone().text())
  await cache.put(SHELL.page, answer)
  for (const kept of await cache.keys()) {
    const { pathname } = new URL(kept.url)
    if (pathname !== SHELL.page && !files.includes(pathname)) await cache.delete(kept)
  }
  await Promise.all(files.map(async (file) => { if (!(await cache.match(file))) await cache.add(file).catch(() => undefined) }))
}

async function keptFile(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  return (await cache.match(request)) ?? fetch(request)
}
