/** The box of a square plot of shares. */
import type { Box } from './plot'

export const PLOT: Box = { width: 420, height: 320, left: 52, right: 16, top: 14, bottom: 44 }
export const TICKS = [0, 0.25, 0.5, 0.75, 1] as const
