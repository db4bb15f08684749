"""All SQL of the knowledge graph, and which entries are completed by live data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from caredesk.knowledge_base.errors import EdgeNotFound, NodeNotFound
from caredesk.knowledge_base.graph_models import KbEdge, KbNode
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.queries import list_related, served


def list_nodes(session: Session) -> Sequence[KbNode]:
    """Return all nodes by kind, position and id."""
    return session.scalars(select(KbNode).order_by(KbNode.kind, KbNode.position, KbNode.id)).all()


def list_edges(session: Session) -> Sequence[KbEdge]:
    """Return all edges in a fixed order."""
    return session.scalars(select(KbEdge).order_by(KbEdge.source_id, KbEdge.kind, KbEdge.target_id)).all()


def get_node(session: Session, *, node_id: str) -> KbNode:
    """Return the node of this id."""
    node = session.get(KbNode, node_id)
    if node is None:
        raise NodeNotFound
    return node


def find_node(session: Session, *, node_id: str) -> KbNode | None:
    """Return the node of this id, if there is one."""
    return session.get(KbNode, node_id)


def find_edge(session: Session, *, source_id: str, kind: str, target_id: str) -> KbEdge | None:
    """Return the edge, if there is one."""
    return session.get(KbEdge, (source_id, kind, target_id))


def lock_graph(session: Session) -> None:
    """Keep other editors out until the end of the transaction, so that two changes cannot close a circle together."""
    session.scalars(select(KbNode.id).order_by(KbNode.id).with_for_update(key_share=True)).all()


def remove_node(session: Session, *, node_id: str) -> None:
    """Delete a node and every edge that touches it."""
    session.execute(delete(KbEdge).where(or_(KbEdge.source_id == node_id, KbEdge.target_id == node_id)))
    session.execute(delete(KbNode).where(KbNode.id == node_id))


def remove_edge(session: Session, *, source_id: str, kind: str, target_id: str) -> None:
    """Delete an edge."""
    edge = find_edge(session, source_id=source_id, kind=kind, target_id=target_id)
    if edge is None:
        raise EdgeNotFound
    session.delete(edge)
    session.flush()


def clear_graph(session: Session) -> None:
    """Delete the whole graph; the caller brings in another."""
    session.execute(delete(KbEdge))
    session.execute(delete(KbNode))


# ---- what answers need -----------------------------------------------------------------------------------


def live_entries(session: Session, *, at: datetime) -> dict[str, str]:
    """Return the served entries that live data complete, with the name of their provider."""
    rows = session.execute(select(KbEntry.id, KbEntry.live).where(served(at), KbEntry.live != ""))
    return dict(rows.all())


def nodes_of_entry(session: Session, *, entry_id: str) -> Sequence[KbNode]:
    """Return the nodes that an entry explains."""
    return session.scalars(select(KbNode).where(KbNode.entry_id == entry_id).order_by(KbNode.position, KbNode.id)).all()


def targets_of(session: Session, *, source_ids: Iterable[str], edge: str, kind: str) -> list[tuple[str, KbNode]]:
    """Return the nodes of a kind that edges of a kind lead to, each with where it comes from, in their order."""
    rows = session.execute(
        select(KbEdge.source_id, KbNode)
        .join(KbNode, KbNode.id == KbEdge.target_id)
        .where(KbEdge.source_id.in_(list(source_ids)), KbEdge.kind == edge, KbNode.kind == kind)
        .order_by(KbNode.position, KbNode.id)
    )
    return [(source_id, node) for source_id, node in rows]


def sources_of(session: Session, *, target_ids: Iterable[str], edge: str, kind: str) -> list[tuple[str, KbNode]]:
    """Return the nodes of a kind that come to targets by edges of a kind, each with its target, in their order."""
    rows = session.execute(
        select(KbEdge.target_id, KbNode)
        .join(KbNode, KbNode.id == KbEdge.source_id)
        .where(KbEdge.target_id.in_(list(target_ids)), KbEdge.kind == edge, KbNode.kind == kind)
        .order_by(KbNode.position, KbNode.id)
    )
    return [(target_id, node) for target_id, node in rows]


def list_of_kind(session: Session, *, kind: str) -> Sequence[KbNode]:
    """Return the nodes of a kind in their order."""
    return session.scalars(select(KbNode).where(KbNode.kind == kind).order_by(KbNode.position, KbNode.id)).all()


def related_entries(session: Session, *, entry: KbEntry, at: datetime, limit: int) -> list[KbEntry]:
    """Return the served entries whose things stand next to this entry's in the graph, then others of its category."""
    near = _neighbours(session, entry=entry, at=at)
    others = [other for other in list_related(session, entry=entry, at=at, limit=limit) if other not in near]
    return [*near, *others][:limit]


def _neighbours(session: Session, *, entry: KbEntry, at: datetime) -> list[KbEntry]:
    own = [node.id for node in nodes_of_entry(session, entry_id=entry.id)]
    if not own:
        return []
    beyond = select(KbEdge.target_id).where(KbEdge.source_id.in_(own))
    before = select(KbEdge.source_id).where(KbEdge.target_id.in_(own))
    ties = func.count(KbNode.id)
    query = (
        select(KbEntry)
        .join(KbNode, KbNode.entry_id == KbEntry.id)
        .where(served(at), KbEntry.id != entry.id, or_(KbNode.id.in_(beyond), KbNode.id.in_(before)))
        .group_by(KbEntry.id)
        .order_by(ties.desc(), KbEntry.popular.desc(), KbEntry.id)
    )
    return list(session.scalars(query))
