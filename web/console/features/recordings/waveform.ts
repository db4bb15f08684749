/** A recording's waveform as lines to draw, and where in it somebody is. Pure. */

/** Of a call the caller's voice stands above the middle and the agent's below; a message has both halves alike. */
export type Wave = { upper: string; lower: string; columns: number }

export const HALF = 20
/** Silence still shows that there is a recording. */
const LEAST = 0.6

export function waveOf(peaks: readonly (readonly number[])[]): Wave {
  const [upper = [], second] = peaks
  const lower = second ?? upper
  const columns = Math.max(upper.length, lower.length, 1)
  return { upper: lines(upper, -1), lower: lines(lower, 1), columns }
}

/** Where a click lands, in seconds. */
export function secondsAt(share: number, seconds: number): number {
  return Math.min(Math.max(share, 0), 1) * seconds
}

/** Where a key leads; null for keys that mean nothing to a player. */
export function movedBy(key: string, at: number, seconds: number): number | null {
  const step = { ArrowLeft: -5, ArrowRight: 5, PageDown: -30, PageUp: 30 }[key]
  if (step !== undefined) return Math.min(Math.max(at + step, 0), seconds)
  if (key === 'Home') return 0
  return key === 'End' ? seconds : null
}

function lines(channel: readonly number[], direction: 1 | -1): string {
  return channel.map((peak, at) => `M${at + 0.5} ${HALF}v${(direction * Math.max((Math.min(peak, 100) / 100) * HALF, LEAST)).toFixed(1)}`).join('')
}
