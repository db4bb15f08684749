/** The hotline's figures as people read them: a share in percent, a time in minutes, and what they are made of. Pure. */
import { timer } from '@shared/time'
import type { Figure } from './api'

/** Nothing to divide by is a dash, not 100 %. */
export function valueOf(figure: Figure): string {
  if (figure.value === null) return '–'
  // Rounded down: 94.96 % is not the 95 % that was promised.
  return figure.unit === 'share' ? `${(Math.floor(figure.value * 1000) / 10).toFixed(1)}%` : timer(figure.value)
}

/** Part and whole, where they count something that people count. */
export function partsOf(figure: Figure): string {
  if (figure.value === null || figure.name === 'occupancy') return ''
  return figure.unit === 'share' ? `${String(Math.round(figure.part))} / ${String(Math.round(figure.whole))}` : ''
}
