/** Talking with the site that embeds the page. Only the window that frames us is heard, only from the address it gave. */

type FromSite =
  | { caredesk: 'open' | 'close' }
  | { caredesk: 'identity'; identity: string }

export type Site = {
  tell(message: { caredesk: 'ready' | 'close' } | { caredesk: 'unread'; count: number; active: boolean }): void
}

export type SiteListener = { opened(): void; closed(): void; identified(identity: string): void }

/** Null when the page stands alone. */
export function findSite(window: Window, listener: SiteListener): Site | null {
  const asked = new URLSearchParams(window.location.search)
  if (!asked.has('embed') || window.parent === window) return null
  const origin = asked.get('origin') ?? ''
  window.addEventListener('message', ({ data, source, origin: from }: MessageEvent<FromSite | null>) => {
    if (data && source === window.parent && from === origin) hear(data, listener)
  })
  return { tell: (message) => origin && window.parent.postMessage(message, origin) }
}

function hear(message: FromSite, listener: SiteListener): void {
  switch (message.caredesk) {
    case 'open':
      return listener.opened()
    case 'close':
      return listener.closed()
    case 'identity':
      return listener.identified(message.identity)
  }
}

/** Takes the signed identity out of the address, so that it stays neither in the history nor in a screenshot. */
export function takeIdentity(window: Window): string | null {
  const identity = new URLSearchParams(window.location.hash.slice(1)).get('identity')
  if (identity === null) return null
  window.history.replaceState(null, '', window.location.pathname + window.location.search)
  return identity
}
