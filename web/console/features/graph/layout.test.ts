import { expect, test } from 'vitest'
import type { GraphEdge, GraphNode, NodeKind } from './api'
import { BOX, drawn, layOut, relationsOf } from './layout'

function node(id: string, kind: NodeKind): GraphNode {
  return {
    id, kind, name: id, name_en: '', detail: '', ref: '', entry_id: '', amount: null, unit: '', source: '', position: 0,
    question: '', updated_at: '2026-11-23T02:00:00Z', updated_by: '',
  }
}

const NODES = [
  node('derma', 'department'), node('wu', 'doctor'), node('text', 'service'), node('video', 'service'),
  node('choose', 'step'), node('pay', 'step'), node('fee', 'fee'), node('rule', 'policy'), node('alone', 'policy'),
]
const EDGES: GraphEdge[] = [
  { source_id: 'wu', kind: 'works_in', target_id: 'derma' }, { source_id: 'derma', kind: 'offers', target_id: 'text' },
  { source_id: 'choose', kind: 'part_of', target_id: 'text' }, { source_id: 'choose', kind: 'next', target_id: 'pay' },
  { source_id: 'text', kind: 'costs', target_id: 'fee' }, { source_id: 'text', kind: 'governed_by', target_id: 'rule' },
]
const ids = (nodes: readonly { id: string }[]): string[] => nodes.map((one) => one.id).sort()

test('without a choice only the bones are drawn', () => {
  expect(ids(drawn(NODES, EDGES, null))).toEqual(['alone', 'derma', 'rule', 'text', 'video'])
  expect(ids(drawn(NODES, EDGES, 'gone'))).toEqual(['alone', 'derma', 'rule', 'text', 'video'])
})

test('around a choice stand its neighbours and theirs', () => {
  expect(ids(drawn(NODES, EDGES, 'wu'))).toEqual(['derma', 'text', 'wu'])
})

test('around a hub only what touches it is drawn', () => {
  const many = Array.from({ length: 70 }, (_, at) => node(`d${at}`, 'doctor'))
  const works = many.map((one): GraphEdge => ({ source_id: one.id, kind: 'works_in', target_id: 'derma' }))
  const edges: GraphEdge[] = [...works, { source_id: 'd0', kind: 'offers', target_id: 'text' }]
  expect(ids(drawn([...NODES, ...many], edges, 'd0'))).toEqual(['d0', 'derma', 'text'])
})

test('no two boxes lie on one another, and all lie within the picture', () => {
  const picture = layOut(NODES, EDGES)
  const places = picture.boxes.map((box) => `${box.x},${box.y}`)
  expect(new Set(places).size).toBe(NODES.length)
  for (const box of picture.boxes) {
    expect(box.x + BOX.width).toBeLessThanOrEqual(picture.width)
    expect(box.y + BOX.height).toBeLessThanOrEqual(picture.height)
  }
})

test('every relation between drawn nodes has a line, and no other', () => {
  expect(layOut(NODES, EDGES).lines).toHaveLength(EDGES.length)
  expect(layOut(NODES.slice(0, 2), EDGES).lines).toHaveLength(1)
})

test('steps stand together by their service and there keep their order', () => {
  const step = (id: string, position: number): GraphNode => ({ ...node(id, 'step'), position })
  const nodes = [node('text', 'service'), node('video', 'service'), step('t1', 1), step('v1', 1), step('t2', 2), step('v2', 2)]
  const of = (id: string, service: string): GraphEdge => ({ source_id: id, kind: 'part_of', target_id: service })
  const edges = [of('t1', 'text'), of('t2', 'text'), of('v1', 'video'), of('v2', 'video'), { source_id: 't1', kind: 'next' as const, target_id: 't2' }]
  const steps = layOut(nodes, edges).boxes.filter((box) => box.node.kind === 'step').sort((one, other) => one.y - other.y)
  expect(steps.map((box) => box.node.id)).toEqual(['t1', 't2', 'v1', 'v2'])
})

test('an empty graph is an empty picture', () => {
  expect(layOut([], []).boxes).toEqual([])
})

test('the relations of a node are told from its own side', () => {
  const found = relationsOf('text', NODES, EDGES)
  expect(found.map(({ kind, outward, other }) => `${outward ? 'out' : 'in'} ${kind} ${other.id}`)).toEqual([
    'out costs fee', 'out governed_by rule', 'in offers derma', 'in part_of choose',
  ])
})
