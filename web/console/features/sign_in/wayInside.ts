/** Where a person goes after signing in. Only ways inside the console; anything else would let a link lead elsewhere. */
const INSIDE = /^\/(mine|waiting|closed|floor|incidents|calendar|staffing|policy|sandbox|hotline|request-types|guardrails|audit|retention|accounts|webhooks|knowledge)([/?#]|$)/

export function wayInside(next: unknown): string {
  return typeof next === 'string' && INSIDE.test(next) ? next : '/mine'
}
