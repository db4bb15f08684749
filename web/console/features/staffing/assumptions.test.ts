import { describe, expect, it } from 'vitest'
import type { AssumptionsForm } from './api'
import { copyOf, isSame, kept, shown } from './assumptions'

const profile = { before: 0.06, during: 0.16, after: 0.05, base_per_hour: 2 }
const form: AssumptionsForm = {
  follows_clinic: profile,
  fixed_hours: profile,
  assistants: profile,
  fill: 0.85,
  visits_per_hour: 5,
  chat_seconds: 480,
  call_seconds: 300,
  call_share: 0,
  slots: 3,
  patience_seconds: 300,
  shrinkage: 0.1,
  share: 0.8,
  max_occupancy: 0.85,
}

describe('assumptions', () => {
  it('shows shares in percent and keeps them between 0 and 1', () => {
    expect(shown(0.85, 'share')).toBe(85)
    expect(kept(85, 'share')).toBe(0.85)
    expect(kept(shown(0.125, 'share'), 'share')).toBe(0.125)
    expect(kept(480, 'seconds')).toBe(480)
  })

  it('edits a copy and knows whether anything differs', () => {
    const mine = copyOf(form)
    expect(isSame(mine, form)).toBe(true)
    mine.fixed_hours.during = 0.2
    expect(form.fixed_hours.during).toBe(0.16)
    expect(isSame(mine, form)).toBe(false)
    expect(isSame({ ...copyOf(form), slots: 4 }, form)).toBe(false)
  })
})
