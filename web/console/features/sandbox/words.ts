/** Names of runs and of what they compare. */
import { t } from '../../i18n'
import type { Figure, RunLine, Variant } from './api'
import { isKnown, scaled, verdict } from './figures'

type Tone = 'quiet' | 'wait' | 'alarm' | 'done'

export function stateTone(state: RunLine['state']): Tone {
  const tones: Record<RunLine['state'], Tone> = { waiting: 'wait', running: 'wait', done: 'done', failed: 'alarm', cancelled: 'quiet' }
  return tones[state]
}

/** What was compared, when nobody gave the run a name. */
export function runTitle(run: RunLine): string {
  if (run.title) return run.title
  const { policy_version: version, policy, roster_change: change } = run.request
  const parts = []
  if (policy) parts.push(t('sandbox.policy_draft'))
  if (typeof version === 'number') parts.push(t('sandbox.policy_version', { version }))
  if (change) parts.push(t(change > 0 ? 'sandbox.agents_more' : 'sandbox.agents_fewer', { count: Math.abs(change) }))
  return parts.length > 0 ? parts.join(' · ') : t('sandbox.policy_today')
}

export function variantName(variant: Variant): string {
  return variant.name === 'new' ? t('sandbox.variant_new') : t('sandbox.variant_today')
}

export function figureName(name: string): string {
  return isKnown(name) ? t(`sandbox.figure.${name}`) : name
}

/** One plain sentence about a difference; within chance nothing is claimed. */
export function differenceSentence(figure: Figure): string {
  if (figure.mean === null || figure.low === null || figure.high === null) return t('sandbox.once')
  const ends = [figure.low, figure.high].map((end) => scaled(figure.name, end))
  const name = figureName(figure.name)
  const found = verdict(figure)
  if (found === 'same') return t('sandbox.same', { figure: name })
  if (found === 'unclear') return t('sandbox.unclear', { figure: name, low: ends[0] ?? '', high: ends[1] ?? '' })
  const [low, high] = [Math.abs(figure.low), Math.abs(figure.high)].sort((a, b) => a - b).map((end) => scaled(figure.name, end))
  const fields = { figure: name, amount: scaled(figure.name, Math.abs(figure.mean)), low: low ?? '', high: high ?? '' }
  return t(figure.mean > 0 ? 'sandbox.raises' : 'sandbox.lowers', fields)
}
