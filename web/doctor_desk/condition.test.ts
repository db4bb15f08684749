/** Trouble and incidents above the doctor's day, and screenshots that wait for their security check. */
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import document from '../contract/openapi.json'
import ConditionStrip from './ConditionStrip.vue'
import ShownPicture from './ShownPicture.vue'
import { incidents, keepCondition, keepIncident, troubles } from './condition'
import { setLanguage } from './i18n'
import type { DependencyTrouble, IncidentView } from '@shared/continuity/told'

const SINCE = '2026-11-02T01:00:00Z'
const DATABASE = ['away', 'read_only', 'full', 'locked']

function answering(answers: Record<string, { status: number; body: unknown }>): void {
  vi.stubGlobal('fetch', (address: string) => {
    const { status, body } = answers[address.split('?')[0] ?? ''] ?? { status: 503, body: { code: 'store.away', fields: {} } }
    return Promise.resolve(new Response(JSON.stringify(body), { status }))
  })
}

const incident = (more: Partial<IncidentView> = {}): IncidentView => ({
  id: 'i1', kind: 'platform', kind_zh: '平台故障', kind_en: 'Platform failure', drill: false, reason: '页面打不开', declared_at: SINCE, declared_by: '王丽',
  respond_by: '2999-01-01T00:00:00Z', responded_at: null, lead_name: '王丽', tells_parents: false, ended_at: null, ...more,
})

afterEach(() => {
  troubles.value = []
  incidents.value = []
  setLanguage('zh')
  vi.unstubAllGlobals()
})

test.each(['zh', 'en'] as const)('every trouble says in %s what works, what does not and what to do', async (language) => {
  answering({})
  setLanguage(language)
  const names = document.components.schemas.DependencyTrouble.properties.name.enum
  for (const name of names) {
    const problems = name === 'database' ? DATABASE : ['failing']
    for (const problem of problems) {
      keepCondition({ troubles: [{ name, problem, since: SINCE } as DependencyTrouble] })
      const strip = mount(ConditionStrip, { props: { signedIn: false } })
      await strip.get('.condition-fold').trigger('click')
      const said = strip.findAll('dd').map((one) => one.text())
      expect(said.filter((words) => words.length < 6 || words.startsWith('condition.') || words === name)).toEqual([])
      strip.unmount()
    }
  }
})

test('an incident stands above the day until it is over, and what was known stays while nobody answers', async () => {
  answering({ '/api/condition': { status: 200, body: { troubles: [] } }, '/api/doctor/incidents': { status: 200, body: { open: [incident()] } } })
  const strip = mount(ConditionStrip, { props: { signedIn: true } })
  await flushPromises()
  expect(strip.text()).toContain('平台故障')
  answering({})
  keepIncident(incident({ responded_at: SINCE }))
  await flushPromises()
  expect(strip.findAll('.incident-strip').length).toBe(1)
  keepIncident(incident({ ended_at: SINCE }))
  await flushPromises()
  expect(strip.text()).toBe('')
})

test('a screenshot that waits for its check says so instead of being broken, and is looked for again', async () => {
  vi.useFakeTimers()
  answering({ '/api/doctor/pictures/p1': { status: 409, body: { code: 'picture.waiting', fields: {} } } })
  const picture = mount(ShownPicture, { props: { id: 'p1', alt: '截图' } })
  await picture.get('img').trigger('error')
  await flushPromises()
  expect([picture.text(), picture.find('img').exists()]).toEqual(['安全检查中，稍后显示', false])
  await vi.advanceTimersByTimeAsync(15_000)
  expect(picture.find('img').exists()).toBe(true)
  vi.useRealTimers()
})
