/** Words of kinds and refusals; each key is written out, so that a missing one does not compile. */
import { t } from '../../i18n'
import type { WordKey } from '../../i18n'
import type { EdgeKind, NodeKind } from './api'

const NODES: Record<NodeKind, WordKey> = {
  department: 'graph.kind_department',
  doctor: 'graph.kind_doctor',
  service: 'graph.kind_service',
  step: 'graph.kind_step',
  document: 'graph.kind_document',
  fee: 'graph.kind_fee',
  policy: 'graph.kind_policy',
}

const OUTWARD: Record<EdgeKind, WordKey> = {
  offers: 'graph.offers',
  works_in: 'graph.works_in',
  part_of: 'graph.part_of',
  next: 'graph.next',
  needs: 'graph.needs',
  costs: 'graph.costs',
  governed_by: 'graph.governed_by',
  related: 'graph.related',
}

const INWARD: Record<EdgeKind, WordKey> = {
  offers: 'graph.offered_by',
  works_in: 'graph.has_doctor',
  part_of: 'graph.consists_of',
  next: 'graph.comes_after',
  needs: 'graph.needed_by',
  costs: 'graph.cost_of',
  governed_by: 'graph.governs',
  related: 'graph.related',
}

const PROBLEMS: Readonly<Record<string, WordKey>> = {
  circle: 'graph.refused_circle',
  kinds: 'graph.refused_kinds',
  itself: 'graph.refused_itself',
  amount: 'graph.refused_amount',
  unknown: 'graph.refused_unknown',
}

export const kindWords = (kind: NodeKind): string => t(NODES[kind])
export const relationWords = (kind: EdgeKind, outward: boolean): string => t((outward ? OUTWARD : INWARD)[kind])
export const problemWords = (reason: string): string => t(PROBLEMS[reason] ?? 'error.graph.refused')
