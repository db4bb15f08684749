/** The knowledge graph's commands and questions. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post, put } from '../../api/client'

export type GraphView = Schemas['GraphView']
export type GraphNode = Schemas['NodeView']
export type GraphEdge = Schemas['EdgeContent']
export type NodeKind = GraphNode['kind']
export type EdgeKind = GraphEdge['kind']
export type NodeForm = Required<Schemas['NodeContent']>

const GRAPH = '/api/console/graph'
const of = (id: string): string => `${GRAPH}/nodes/${encodeURIComponent(id)}`

export const fetchGraph = (): Promise<GraphView> => get(GRAPH)
export const addNode = (node: NodeForm): Promise<GraphNode> => post(`${GRAPH}/nodes`, node)
export const saveNode = (node: NodeForm): Promise<GraphNode> => put(of(node.id), node)
export const removeNode = (id: string): Promise<void> => post(`${of(id)}/remove`)
export const addEdge = (edge: GraphEdge): Promise<GraphEdge> => post(`${GRAPH}/edges`, edge)
export const removeEdge = (edge: GraphEdge): Promise<void> => post(`${GRAPH}/edges/remove`, edge)
