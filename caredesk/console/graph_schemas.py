"""Shapes of the knowledge graph on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from caredesk.events.shapes import Shape
from caredesk.knowledge_base.graph_models import KbNode
from caredesk.knowledge_base.graph_schemas import EdgeContent, EdgeKind, NodeContent, NodeId, NodeKind


class NodeView(NodeContent):
    """A node with who changed it last, and the question of its entry."""

    question: str
    updated_at: datetime
    updated_by: str


class AllowedEdge(Shape):
    """From which kinds to which kinds a relation may lead, so that a form offers nothing else."""

    kind: EdgeKind
    sources: list[NodeKind]
    targets: list[NodeKind]


class GraphView(Shape):
    """The whole graph, with what is needed to edit it."""

    nodes: list[NodeView]
    edges: list[EdgeContent]
    allowed: list[AllowedEdge]


class NodePath(BaseModel):
    node_id: NodeId


def node_view(node: KbNode, *, content: NodeContent, question: str) -> NodeView:
    """Show a node."""
    return NodeView(**content.model_dump(), question=question, updated_at=node.updated_at, updated_by=node.updated_by)
