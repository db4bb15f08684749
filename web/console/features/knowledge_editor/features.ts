/** What spoke for a candidate, gathered by view: words, characters, sounds, ideas, and the rest. Pure. */

export type ViewScore = { name: string; value: number }

const KINDS = /_(whole|mean|clause|answer|covered|wanted)$/

/** Each view by the strongest thing it says, strongest view first; what an engine names otherwise keeps its name. */
export function viewsOf(features: Readonly<Record<string, number>>): ViewScore[] {
  const best = new Map<string, number>()
  for (const [feature, value] of Object.entries(features)) {
    if (feature === 'sum') continue
    const name = feature.endsWith('_answer') ? 'answer' : feature.replace(KINDS, '')
    best.set(name, Math.max(best.get(name) ?? 0, Math.min(Math.max(value, 0), 1)))
  }
  return [...best].map(([name, value]) => ({ name, value })).sort((one, other) => other.value - one.value)
}
