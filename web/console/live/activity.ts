/** Whether somebody sits before the screen. A desk that nobody touches asks for nothing, so that its session may end. */

const AWAY_MS = 10 * 60_000
const SIGNS = ['keydown', 'pointerdown', 'wheel'] as const

let lastSign = Date.now()
for (const sign of SIGNS) document.addEventListener(sign, () => { lastSign = Date.now() }, { passive: true, capture: true })

export function isSomebodyHere(): boolean {
  return !document.hidden && Date.now() - lastSign < AWAY_MS
}
