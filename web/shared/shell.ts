/** Which answers of a page a worker may keep on the phone: the page and its built files, never anything about a person. Pure. */

/** `page`: its address. `built`: the folder of its files; those below `assets/` carry their content in their names. */
export type Shell = { page: string; built: string }

/** `page`: asked for first, kept for a dead network. `built`: its name says its content, so the kept one is as good. */
export type Kind = 'page' | 'built' | 'none'

export type Asked = { method: string; mode: string; url: string }

export function kindIn(shell: Shell, { method, mode, url }: Asked, origin: string): Kind {
  const { pathname, origin: from } = new URL(url)
  if (method !== 'GET' || from !== origin) return 'none'
  if (mode === 'navigate' && (pathname === shell.page || pathname.startsWith(`${shell.page}/`))) return 'page'
  return pathname.startsWith(`${shell.built}assets/`) ? 'built' : 'none'
}

/** The built files that a page asks for; any other that is kept belonged to an older one. */
export function filesIn(shell: Shell, html: string): string[] {
  return [...new Set(html.match(/\/static\/\w+\/assets\/[\w.-]+/g) ?? [])].filter((file) => file.startsWith(shell.built))
}
