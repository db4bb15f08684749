import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { StepChart } from '.'
import { largestOf, linePath, marksUpTo, slotAt, stepPath, yOf } from './scale'

const box = { left: 10, top: 0, width: 100, height: 50 }

describe('the geometry of charts', () => {
  it('has whole marks up to the largest value', () => {
    expect(marksUpTo(7)).toEqual([0, 2, 4, 6, 8])
    expect(marksUpTo(0)).toEqual([0])
    expect(marksUpTo(100)).toEqual([0, 20, 40, 60, 80, 100])
    expect(marksUpTo(0.8)).toEqual([0, 0.2, 0.4, 0.6, 0.8])
  })

  it('puts the largest value at the top and nothing at the bottom', () => {
    expect([yOf(0, 8, box), yOf(8, 8, box), yOf(4, 8, box)]).toEqual([50, 0, 25])
  })

  it('breaks a line where there is no value', () => {
    expect(linePath([1, null, 1], 1, { ...box, width: 90 })).toBe('M25 0M85 0')
    expect(stepPath([1, 2], 2, box)).toBe('M10 25H60V0H110')
  })

  it('finds the slot under a place and stays within', () => {
    expect([slotAt(-5, 4, box), slotAt(36, 4, box), slotAt(999, 4, box)]).toEqual([0, 1, 3])
    expect(largestOf([{ name: 'a', tone: 'quiet', values: [null, 3] }])).toBe(3)
  })
})

describe('a step chart of need and roster', () => {
  const chart = () => mount(StepChart, {
    props: {
      title: 'Coverage', labels: ['08:00', '08:15', '08:30'], tableWord: 'Table', compare: true, gapWord: 'missing',
      series: [{ name: 'need', tone: 'clinic', values: [2, 3, 1] }, { name: 'rostered', tone: 'action', values: [2, 1, 2] }],
    },
  })

  it('draws what is missing and what is over', () => {
    const page = chart()
    expect(page.findAll('.chart-gap')).toHaveLength(1)
    expect(page.findAll('.chart-surplus')).toHaveLength(1)
  })

  it('is read by keys', async () => {
    const plot = chart()
    await plot.find('svg').trigger('keydown', { key: 'ArrowRight' })
    await plot.find('svg').trigger('keydown', { key: 'ArrowRight' })
    expect(plot.find('.chart-read').text()).toBe('08:15 · need 3 · rostered 1 · missing 2')
  })

  it('says the same as a table', async () => {
    const page = chart()
    const details = page.find('details')
    ;(details.element as HTMLDetailsElement).open = true
    await details.trigger('toggle')
    expect(page.findAll('tbody tr').map(row => row.text())).toEqual(['08:0022', '08:1531', '08:3012'])
  })
})
