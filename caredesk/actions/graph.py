"""Filling and editing the knowledge graph: whole files, all rows or none, and single nodes and relations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from caredesk.conversations.rules import clean_text, tidy_text
from caredesk.core.work import Work
from caredesk.knowledge_base import graph_queries as queries
from caredesk.knowledge_base import queries as entries
from caredesk.knowledge_base.errors import GraphRefused, NodeKnown
from caredesk.knowledge_base.graph_models import KbEdge, KbNode
from caredesk.knowledge_base.graph_rules import check_graph, problems_of
from caredesk.knowledge_base.graph_schemas import (
    CheckedGraph,
    EdgeContent,
    Graph,
    GraphProblem,
    GraphReport,
    NodeContent,
    Problem,
)

FIELDS = tuple(name for name in NodeContent.model_fields if name != "id")


def read_graph(session: Session) -> Graph:
    """Return the whole graph as values."""
    return Graph(
        nodes=tuple(content_of(node) for node in queries.list_nodes(session)),
        edges=tuple(_edge_of(edge) for edge in queries.list_edges(session)),
    )


def content_of(node: KbNode) -> NodeContent:
    """Return a node as an editor writes it."""
    return NodeContent(id=node.id, **{name: getattr(node, name) for name in FIELDS})


def import_graph(work: Work, checked: CheckedGraph, *, replace: bool) -> GraphReport:
    """Bring a file's nodes and relations in, all or none; with `replace` the file becomes the whole graph."""
    queries.lock_graph(work.session)
    before = read_graph(work.session)
    after = checked.graph if replace else _joined(before, checked.graph)
    problems = checked.problems or check_graph(after).problems
    if problems:
        refused = [GraphProblem(row=one.row, id=one.id, reason=one.reason) for one in problems]
        return GraphReport(imported=False, refused=refused)
    report = _difference(before, after)
    _put(work, before=before, after=after)
    report.notices = _unknown_entries(work.session, after)
    return report


def put_node(work: Work, content: NodeContent, *, is_new: bool) -> KbNode:
    """Add a node or change one; its kind may change only as far as its relations allow."""
    content = _tidy(content)
    queries.lock_graph(work.session)
    known = queries.find_node(work.session, node_id=content.id)
    if is_new and known is not None:
        raise NodeKnown
    node = known if is_new else queries.get_node(work.session, node_id=content.id)
    graph = _joined(read_graph(work.session), Graph(nodes=(content,)))
    _refuse(check_graph(graph).problems)
    node = node or KbNode(id=content.id)
    _write(work, content, into=node)
    work.session.add(node)
    work.session.flush()
    return node


def remove_node(work: Work, *, node_id: str) -> None:
    """Delete a node with its relations."""
    queries.lock_graph(work.session)
    queries.get_node(work.session, node_id=node_id)
    queries.remove_node(work.session, node_id=node_id)


def add_edge(work: Work, edge: EdgeContent) -> None:
    """Relate two nodes; a relation that is there already stays as it is."""
    queries.lock_graph(work.session)
    graph = read_graph(work.session)
    if edge in graph.edges:
        return
    _refuse(problems_of(edge, graph=graph))
    work.session.add(KbEdge(**edge.model_dump()))
    work.session.flush()


def remove_edge(work: Work, edge: EdgeContent) -> None:
    """Delete a relation."""
    queries.remove_edge(work.session, **edge.model_dump())


def _tidy(content: NodeContent) -> NodeContent:
    words = {name: tidy_text(value).strip() for name, value in content if isinstance(value, str)}
    return content.model_copy(update={**words, "name": clean_text(content.name, limit=80)})


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise GraphRefused(reason=problems[0].code)


def _joined(before: Graph, added: Graph) -> Graph:
    nodes = {node.id: node for node in (*before.nodes, *added.nodes)}
    return Graph(tuple(nodes.values()), tuple(dict.fromkeys((*before.edges, *added.edges))))


def _difference(before: Graph, after: Graph) -> GraphReport:
    old, new = {node.id: node for node in before.nodes}, {node.id: node for node in after.nodes}
    kept = [node_id for node_id in new if node_id in old]
    unchanged = sum(old[node_id] == new[node_id] for node_id in kept)
    old_edges, new_edges = set(before.edges), set(after.edges)
    return GraphReport(
        imported=True,
        nodes_added=len(new) - len(kept),
        nodes_changed=len(kept) - unchanged,
        nodes_removed=len(old) - len(kept),
        nodes_unchanged=unchanged,
        edges_added=len(new_edges - old_edges),
        edges_removed=len(old_edges - new_edges),
        edges_unchanged=len(old_edges & new_edges),
    )


def _put(work: Work, *, before: Graph, after: Graph) -> None:
    """Write what changed; what stays as it was keeps its date, so that old facts do not look freshly checked."""
    old = {node.id: node for node in before.nodes}
    rows = {node.id: node for node in queries.list_nodes(work.session)}
    kept = {node.id for node in after.nodes}
    for edge in set(before.edges) - set(after.edges):
        queries.remove_edge(work.session, **edge.model_dump())
    for node_id in old.keys() - kept:
        queries.remove_node(work.session, node_id=node_id)
    for content in after.nodes:
        if old.get(content.id) != content:
            row = rows.get(content.id) or KbNode(id=content.id)
            _write(work, content, into=row)
            work.session.add(row)
    work.session.flush()
    work.session.add_all(KbEdge(**edge.model_dump()) for edge in after.edges if edge not in set(before.edges))
    work.session.flush()


def _write(work: Work, content: NodeContent, *, into: KbNode) -> None:
    for name in FIELDS:
        setattr(into, name, getattr(content, name))
    into.updated_at = work.now
    into.updated_by = work.actor.id


def _edge_of(edge: KbEdge) -> EdgeContent:
    return EdgeContent.model_validate({name: getattr(edge, name) for name in EdgeContent.model_fields})


def _unknown_entries(session: Session, graph: Graph) -> list[str]:
    named = sorted({node.entry_id for node in graph.nodes if node.entry_id})
    known = entries.questions_of(session, entry_ids=named)
    return [f"names an entry that is not in the base: {entry_id}" for entry_id in named if entry_id not in known]
