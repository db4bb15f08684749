import { describe, expect, it } from 'vitest'
import { coverageByDay, quarterAt, shapesOf } from './coverage'

const MIDNIGHT = '2026-11-23T00:00:00+08:00'
const at = (clock: string): number => Date.parse(`2026-11-23T${clock}:00+08:00`)

/** A day of quarters: nobody but where it is said, as [from, to, need, rostered]. */
function day(...parts: [string, string, number, number][]) {
  const need = new Array<number>(96).fill(0)
  const rostered = new Array<number>(96).fill(0)
  for (const [from, to, people, there] of parts) {
    for (let n = (at(from) - at('00:00')) / 900_000; n < (at(to) - at('00:00')) / 900_000; n += 1) {
      need[n] = people
      rostered[n] = there
    }
  }
  return { starts_at: MIDNIGHT, need, rostered, missing: need.map((people, n) => Math.max(0, people - (rostered[n] ?? 0))) }
}

const of = (coverage: ReturnType<typeof day>, now = at('06:00')) => coverageByDay(coverage, now)['2026-11-23']

describe('coverage of a day', () => {
  it('joins neighbouring quarters to gaps and keeps their greatest lack', () => {
    const found = of(day(['08:00', '09:00', 2, 1], ['09:00', '09:30', 3, 1], ['10:00', '11:00', 2, 2], ['23:30', '23:59', 1, 0]))
    expect(found?.state).toBe('short')
    expect(found?.gaps).toEqual([{ from: '08:00', to: '09:30', missing: 2 }, { from: '23:30', to: '24:00', missing: 1 }])
  })

  it('does not blame what is over', () => {
    const found = of(day(['08:00', '09:00', 2, 1], ['10:00', '11:00', 2, 2]), at('09:00'))
    expect([found?.state, found?.gaps]).toEqual(['enough', []])
    expect(of(day(['08:00', '09:00', 2, 1]), Date.parse('2026-11-24T00:00:00+08:00'))?.state).toBe('past')
  })

  it('cries no gap where nobody is needed or where no roster was made', () => {
    expect(of(day(['08:00', '09:00', 0, 2]))?.state).toBe('none')
    const unmade = of(day(['08:00', '09:00', 2, 0]))
    expect([unmade?.state, unmade?.gaps]).toEqual(['unrostered', []])
  })

  it('has nothing to say of an empty desk', () => {
    expect(coverageByDay({ starts_at: MIDNIGHT, need: [], rostered: [], missing: [] }, at('06:00'))).toEqual({})
  })

  it('draws what is missing on top of what is there', () => {
    const quarters = of(day(['08:00', '08:15', 2, 1]))?.quarters ?? []
    const shapes = shapesOf(quarters, { width: 72, height: 10 })
    expect(shapes.need).toBe('M8 10V0h1V10z')
    expect(shapes.missing).toBe('M8 5V0h1V5z')
    expect(shapes.rostered).toContain('L8 5h1')
    expect(quarterAt(quarters, 2 / 18)?.need).toBe(2)
  })
})
