/** Where the nodes of the picture stand: one column for each kind, neighbours at the same height. Pure. */
import type { EdgeKind, GraphEdge, GraphNode, NodeKind } from './api'

/** Columns from left to right: who, what, how, with what, for how much, by which rule. */
export const KINDS: readonly NodeKind[] = ['doctor', 'department', 'service', 'step', 'document', 'fee', 'policy']
/** What is drawn while nothing is chosen: the bones of the graph. */
export const BONES: readonly NodeKind[] = ['department', 'service', 'policy']

export const COLUMN = 208
export const ROW = 40
export const BOX = { width: 148, height: 28 }
const MARGIN = 16
const HEAD = 28
const ROUNDS = 4
/** More than this around one node is no picture any more: then only what touches it is drawn. */
const MOST_AROUND = 60

export type Placed = { node: GraphNode; x: number; y: number }
export type Line = { edge: GraphEdge; path: string; x: number; y: number }
export type Picture = { boxes: Placed[]; lines: Line[]; columns: { kind: NodeKind; x: number }[]; width: number; height: number }

/** What is drawn: around a chosen node its neighbours and theirs, else the bones. */
export function drawn(nodes: readonly GraphNode[], edges: readonly GraphEdge[], chosen: string | null): GraphNode[] {
  if (chosen === null || !nodes.some((node) => node.id === chosen)) return nodes.filter((node) => BONES.includes(node.kind))
  const near = around(edges, new Set([chosen]))
  const wide = around(edges, near)
  const shown = wide.size <= MOST_AROUND ? wide : near
  return nodes.filter((node) => shown.has(node.id))
}

function around(edges: readonly GraphEdge[], from: ReadonlySet<string>): Set<string> {
  const found = new Set(from)
  for (const { source_id, target_id } of edges) {
    if (from.has(source_id)) found.add(target_id)
    if (from.has(target_id)) found.add(source_id)
  }
  return found
}

export function layOut(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Picture {
  const known = new Set(nodes.map((node) => node.id))
  const between = edges.filter((edge) => known.has(edge.source_id) && known.has(edge.target_id))
  const columns = KINDS.map((kind) => nodes.filter((node) => node.kind === kind)).filter((column) => column.length > 0)
  const ordered = settle(columns, between)
  const tallest = Math.max(1, ...ordered.map((column) => column.length))
  const boxes = ordered.flatMap((column, at) => place(column, at, tallest))
  const where = new Map(boxes.map((box) => [box.node.id, box]))
  return {
    boxes,
    lines: between.flatMap((edge) => line(edge, where.get(edge.source_id), where.get(edge.target_id))),
    columns: ordered.map((column, at) => ({ kind: column[0]?.kind ?? 'service', x: MARGIN + at * COLUMN })),
    width: 2 * MARGIN + (ordered.length - 1) * COLUMN + BOX.width + 40,
    height: 2 * MARGIN + HEAD + tallest * ROW,
  }
}

/** Orders each column by the mean place of what its nodes are related to, a few times over. */
function settle(columns: GraphNode[][], edges: readonly GraphEdge[]): GraphNode[][] {
  const neighbours = new Map<string, string[]>()
  for (const { source_id, target_id } of edges) {
    neighbours.set(source_id, [...(neighbours.get(source_id) ?? []), target_id])
    neighbours.set(target_id, [...(neighbours.get(target_id) ?? []), source_id])
  }
  const steps = new Set(columns.flatMap((column) => column.filter((node) => node.kind === 'step').map((node) => node.id)))
  let settled = columns
  for (let round = 0; round < ROUNDS; round += 1) {
    const height = new Map(settled.flatMap((column) => column.map((node, at) => [node.id, (at + 0.5) / column.length] as const)))
    const mean = (node: GraphNode): number => {
      const heights = (neighbours.get(node.id) ?? []).filter((id) => !(node.kind === 'step' && steps.has(id))).map((id) => height.get(id) ?? 0.5)
      return heights.length > 0 ? heights.reduce((sum, one) => sum + one, 0) / heights.length : (height.get(node.id) ?? 0.5)
    }
    // Steps stand together by what they are steps of, and there keep their order: it is what they are for.
    settled = settled.map((column) => [...column].sort((one, other) => mean(one) - mean(other) || placeOf(one) - placeOf(other)))
  }
  return settled
}

const placeOf = (node: GraphNode): number => (node.kind === 'step' ? (node.position ?? 0) : 0)

function place(column: readonly GraphNode[], at: number, tallest: number): Placed[] {
  const top = MARGIN + HEAD + ((tallest - column.length) * ROW) / 2
  return column.map((node, row) => ({ node, x: MARGIN + at * COLUMN, y: top + row * ROW }))
}

function line(edge: GraphEdge, source: Placed | undefined, target: Placed | undefined): Line[] {
  if (!source || !target) return []
  const [y1, y2] = [source.y + BOX.height / 2, target.y + BOX.height / 2]
  if (source.x === target.x) {
    // Within a column the line goes round the right side.
    const x = source.x + BOX.width
    const bow = x + 18 + Math.min(40, Math.abs(y2 - y1) / 8)
    return [{ edge, path: `M${x},${y1}C${bow},${y1} ${bow},${y2} ${x},${y2}`, x: bow - 6, y: (y1 + y2) / 2 }]
  }
  const [x1, x2] = source.x < target.x ? [source.x + BOX.width, target.x] : [source.x, target.x + BOX.width]
  const half = (x1 + x2) / 2
  return [{ edge, path: `M${x1},${y1}C${half},${y1} ${half},${y2} ${x2},${y2}`, x: half, y: (y1 + y2) / 2 }]
}

export type Relation = { edge: GraphEdge; kind: EdgeKind; other: GraphNode; outward: boolean }

/** Everything that one node is related to, outward first. */
export function relationsOf(id: string, nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Relation[] {
  const known = new Map(nodes.map((node) => [node.id, node]))
  const found = edges.flatMap((edge) => {
    const outward = edge.source_id === id
    const other = known.get(outward ? edge.target_id : edge.source_id)
    return other && (outward || edge.target_id === id) ? [{ edge, kind: edge.kind, other, outward }] : []
  })
  return found.sort((one, other) => Number(other.outward) - Number(one.outward) || one.kind.localeCompare(other.kind))
}
