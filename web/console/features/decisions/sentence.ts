/** Why this agent, or why nobody, as facts that a sentence is made of. Pure; the words are in `words.ts`. */
import type { CandidateView, DecisionView } from '../../api/panels'

/** What set the chosen one apart from the next in line. */
export type Advantage = 'only_one' | 'least_loaded' | 'longest_idle' | 'most_skilled' | 'in_order' | 'preferred' | Decider

/** What the matcher itself says about decisions that are kept with their policy: the first rule that told two apart. */
const DECIDERS = ['sticky_agent', 'fresh_first', 'language_first', 'least_loaded', 'longest_idle', 'most_skilled', 'name'] as const
type Decider = (typeof DECIDERS)[number]

export type Explained = {
  chosen: CandidateView | null
  advantage: Advantage
  /** Who was not asked, by the first reason that kept them out; who was nearest to being asked comes first. */
  excluded: Excluded[]
}

export type Excluded = { reason: string; names: string[]; members: CandidateView[] }

const BY_INTEREST = ['no_capacity', 'in_call', 'no_phone', 'just_asked', 'outside_ring', 'not_ready', 'not_permitted', 'not_connected', 'not_skilled']

function deciderOf(decision: DecisionView): Decider | undefined {
  return DECIDERS.find((one) => one === decision.decided_by)
}

export function explain(decision: DecisionView): Explained {
  const eligible = ranked(decision)
  const chosen = decision.candidates.find((one) => one.staff_id === decision.chosen_staff_id) ?? null
  return {
    chosen,
    advantage: deciderOf(decision) ?? advantageOver(chosen, eligible.find((one) => one.staff_id !== chosen?.staff_id)),
    excluded: excludedByReason(decision.candidates.filter((one) => !one.eligible)),
  }
}

/** The candidates in the order in which they would have been asked; those who were excluded stand last. */
export function inOrder(decision: DecisionView): CandidateView[] {
  return [...ranked(decision), ...decision.candidates.filter((one) => one.rank === null)]
}

function excludedByReason(candidates: readonly CandidateView[]): Excluded[] {
  const members = new Map<string, CandidateView[]>()
  for (const one of candidates) {
    const reason = one.excluded[0] ?? ''
    members.set(reason, [...(members.get(reason) ?? []), one])
  }
  const place = (reason: string): number => (BY_INTEREST.indexOf(reason) + BY_INTEREST.length) % BY_INTEREST.length
  return Array.from(members, ([reason, of]) => ({ reason, names: of.map((one) => one.name), members: of })).sort((a, b) => place(a.reason) - place(b.reason))
}

function ranked(decision: DecisionView): CandidateView[] {
  return decision.candidates.filter((one) => one.rank !== null).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
}

/** The matcher compares load, then idle time, then skill; whoever wins against that order was preferred. */
function advantageOver(chosen: CandidateView | null, next: CandidateView | undefined): Advantage {
  if (!chosen || !next) return 'only_one'
  if (share(chosen) < share(next)) return 'least_loaded'
  if (share(chosen) > share(next) || chosen.idle_seconds < next.idle_seconds) return 'preferred'
  if (chosen.idle_seconds > next.idle_seconds) return 'longest_idle'
  return chosen.level > next.level ? 'most_skilled' : 'in_order'
}

function share(candidate: CandidateView): number {
  return candidate.load / Math.max(candidate.capacity, 1)
}
