/** The policy page's state: the rules that hold, the draft beside them, and the difference before anything is applied. */
import { computed, ref, shallowRef, toRaw } from 'vue'
import { toast } from '@shared/ui'
import { ApiError } from '../../api'
import { t, tError } from '../../i18n'
import { activateVersion, applyPolicy, checkPolicy, checkVersion, fetchPolicy } from './api'
import type { Difference, PolicyPage, Rule, RuleName } from './api'
import { draft } from './draft'
import { isRanking } from './sentences'

/** Rules that may stand several times, once for each queue. */
export type AddedRule = 'overflow' | 'promise' | 'skill_rings'

/** A difference that is shown, and what is done when it is confirmed. `version` is an older one that shall hold again. */
export type Pending = Difference & { version: number | null }

export function usePolicy() {
  const page = shallowRef<PolicyPage | null>(null)
  const rules = ref<Rule[]>([])
  const failure = ref('')
  const problems = ref<string[]>([])
  const pending = shallowRef<Pending | null>(null)
  const busy = ref(false)
  const changed = computed(() => page.value !== null && JSON.stringify(rules.value) !== JSON.stringify(page.value.rules))

  function take(found: PolicyPage, kept: readonly Rule[] | null = null): void {
    page.value = found
    rules.value = structuredClone([...(kept ?? found.rules)])
    pending.value = null
    draft.value = null
  }

  /** Keeps what is being changed for the sandbox, and for the way back. */
  function keepDraft(): void {
    draft.value = changed.value ? structuredClone(toRaw(rules.value)) : null
  }

  async function attempt(doing: () => Promise<void>): Promise<void> {
    busy.value = true
    failure.value = ''
    problems.value = []
    try {
      await doing()
    } catch (error) {
      failure.value = tError(error)
      if (error instanceof ApiError) problems.value = problemsOf(error)
    } finally {
      busy.value = false
    }
  }

  const load = (): Promise<void> => attempt(async () => { take(await fetchPolicy(), draft.value) })
  const look = (): Promise<void> => attempt(async () => { pending.value = { ...(await checkPolicy(rules.value)), version: null } })
  const lookAt = (version: number): Promise<void> =>
    attempt(async () => { pending.value = { ...(await checkVersion(version)), version } })

  const confirm = (note: string): Promise<void> =>
    attempt(async () => {
      const shown = pending.value
      if (!shown) return
      take(shown.version === null ? await applyPolicy(rules.value, shown.active, note) : await activateVersion(shown.version, shown.active, note))
      toast(t('policy.applied', { n: page.value?.version ?? 0 }))
    })

  function forget(): void {
    if (page.value) take(page.value)
    failure.value = ''
    problems.value = []
  }

  /** Moves a ranking rule before or behind its neighbour of the same kind. */
  function move(index: number, by: -1 | 1): void {
    const places = rules.value.flatMap((rule, n) => (isRanking(rule) ? [n] : []))
    const other = places[places.indexOf(index) + by]
    const [one, two] = [rules.value[index], other === undefined ? undefined : rules.value[other]]
    if (other === undefined || !one || !two) return
    rules.value[index] = two
    rules.value[other] = one
  }

  function add(name: AddedRule): void {
    const [first, second] = page.value?.queues ?? []
    rules.value.push(newRule(name, first?.key ?? '', second?.key ?? first?.key ?? ''))
  }

  function remove(index: number): void {
    rules.value.splice(index, 1)
  }

  return { page, rules, failure, problems, pending, busy, changed, keepDraft, load, look, lookAt, confirm, forget, move, add, remove }
}

function newRule(name: AddedRule, queue: string, to: string): Rule {
  switch (name) {
    case 'overflow':
      return { rule: 'overflow', queue, after_seconds: 180, to }
    case 'promise':
      return { rule: 'promise', queue: null, after_seconds: 900, promise_minutes: 30 }
    case 'skill_rings':
      return { rule: 'skill_rings', queue, rings: [{ after_seconds: 0, min_level: 1, also_queues: [] }] }
  }
}

/** The server names faults by their place, as `rules.3.overflow: overflow_in_a_circle`; each becomes a sentence. */
function problemsOf(error: ApiError): string[] {
  const found: unknown = error.fields.problems
  if (!Array.isArray(found)) return []
  return found.map((one) => {
    const [place = '', reason = ''] = String(one).split(': ')
    const [, number, rule = ''] = place.split('.')
    return t('policy.problem', { n: number === undefined ? '' : Number(number) + 1, rule: ruleWords(rule), reason: reasonWords(reason) })
  })
}

const RULES = new Set<string>(['classes', 'sticky_agent', 'fresh_first', 'language_first', 'least_loaded', 'longest_idle', 'most_skilled', 'skill_rings', 'overflow', 'promise', 'pause', 'misses', 'budget', 'claiming'])

function ruleWords(rule: string): string {
  return RULES.has(rule) ? t(`policy.rule.${rule as RuleName}`) : t('policy.rule.other')
}

function reasonWords(reason: string): string {
  const [code = ''] = reason.split(' ')
  const known = ['rule_twice', 'nothing_ranks_agents', 'overflow_in_a_circle', 'queue_unknown', 'first_ring_later_than_arrival', 'rings_out_of_order', 'ring_narrower_than_the_one_before', 'higher_class_with_less_head_start', 'ordinary_class_missing', 'class_twice'] as const
  const found = known.find((one) => one === code)
  return found ? t(`policy.fault.${found}`) : t('policy.fault.other', { code: reason })
}
