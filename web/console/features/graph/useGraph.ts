/** The knowledge graph on the screen: read whole, changed piece by piece; what failed is told and nothing is lost. */
import { computed, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { toast } from '@shared/ui'
import { ApiError } from '../../api'
import { t, tError } from '../../i18n'
import { addEdge, addNode, fetchGraph, removeEdge, removeNode, saveNode } from './api'
import type { GraphEdge, GraphNode, GraphView, NodeForm, NodeKind } from './api'
import { problemWords } from './words'

export type Graph = {
  phase: Ref<'loading' | 'ready' | 'failed'>
  failure: Ref<unknown>
  busy: Ref<boolean>
  view: Ref<GraphView>
  byId: ComputedRef<Map<string, GraphNode>>
  load: () => Promise<void>
  save: (form: NodeForm, isNew: boolean) => Promise<boolean>
  drop: (id: string) => Promise<boolean>
  relate: (edge: GraphEdge) => Promise<boolean>
  part: (edge: GraphEdge) => Promise<boolean>
}

export function useGraph(): Graph {
  const phase = ref<'loading' | 'ready' | 'failed'>('loading')
  const failure = ref<unknown>(null)
  const busy = ref(false)
  const view = ref<GraphView>({ nodes: [], edges: [], allowed: [] })

  async function load(): Promise<void> {
    try {
      view.value = await fetchGraph()
      phase.value = 'ready'
    } catch (error) {
      failure.value = error
      phase.value = 'failed'
    }
  }

  /** Runs one change and reads the graph anew; says in words why it could not be. */
  async function change(run: () => Promise<unknown>): Promise<boolean> {
    busy.value = true
    try {
      await run()
      await load()
      return true
    } catch (error) {
      toast(error instanceof ApiError && error.code === 'graph.refused' ? problemWords(String(error.fields.reason)) : tError(error), 'alarm')
      return false
    } finally {
      busy.value = false
    }
  }

  return {
    phase,
    failure,
    busy,
    view,
    byId: computed(() => new Map(view.value.nodes.map((node) => [node.id, node]))),
    load,
    save: async (form, isNew) => {
      const saved = await change(() => (isNew ? addNode(form) : saveNode(form)))
      if (saved) toast(t('graph.saved'))
      return saved
    },
    drop: (id) => change(() => removeNode(id)),
    relate: (edge) => change(() => addEdge(edge)),
    part: (edge) => change(() => removeEdge(edge)),
  }
}

export function emptyForm(kind: NodeKind): NodeForm {
  return { id: '', kind, name: '', name_en: '', detail: '', ref: '', entry_id: '', amount: kind === 'fee' ? 0 : null, unit: '', source: '', position: 0 }
}

export function formOf(node: GraphNode): NodeForm {
  const { id, kind, name, name_en, detail, ref: clinicId, entry_id, amount, unit, source, position } = node
  return {
    id, kind, name, name_en: name_en ?? '', detail: detail ?? '', ref: clinicId ?? '', entry_id: entry_id ?? '',
    amount: amount ?? null, unit: unit ?? '', source: source ?? '', position: position ?? 0,
  }
}
