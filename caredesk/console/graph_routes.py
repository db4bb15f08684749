"""The knowledge graph's API: read it whole, add, change and delete nodes and relations."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from sqlalchemy.orm import Session

from caredesk.accounts.rules import Permission
from caredesk.actions import graph as graphs
from caredesk.console.graph_schemas import AllowedEdge, GraphView, NodePath, NodeView, node_view
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base import graph_queries
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base.errors import NodeNotFound
from caredesk.knowledge_base.graph_models import KbNode
from caredesk.knowledge_base.graph_rules import ALLOWED
from caredesk.knowledge_base.graph_schemas import EdgeContent, NodeContent

TAG = Tag(name="graph", description="The knowledge graph. Session cookie; writes carry X-CSRF-Token.")
api = APIBlueprint("graph", __name__, url_prefix="/api/console/graph", abp_tags=[TAG])


@api.get("", responses={200: GraphView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_graph() -> ResponseReturnValue:
    """The whole graph; it is small enough to be drawn at once."""
    with read(current_services()) as session:
        nodes = list(graph_queries.list_nodes(session))
        shown = GraphView(
            nodes=_views(session, nodes), edges=list(graphs.read_graph(session).edges), allowed=_allowed()
        )
    return answer(shown)


@api.post("/nodes", responses={200: NodeView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_node(body: NodeContent) -> ResponseReturnValue:
    """Add a node; its id must be new."""
    with write(current_services(), actor=current_actor()) as work:
        node = graphs.put_node(work, body, is_new=True)
        shown = _views(work.session, [node])[0]
    return answer(shown)


@api.put("/nodes/<node_id>", responses={200: NodeView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def put_node(path: NodePath, body: NodeContent) -> ResponseReturnValue:
    """Change a node; its id stays."""
    if body.id != path.node_id:
        raise NodeNotFound
    with write(current_services(), actor=current_actor()) as work:
        node = graphs.put_node(work, body, is_new=False)
        shown = _views(work.session, [node])[0]
    return answer(shown)


@api.post("/nodes/<node_id>/remove")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_remove_node(path: NodePath) -> ResponseReturnValue:
    """Delete a node with its relations."""
    with write(current_services(), actor=current_actor()) as work:
        graphs.remove_node(work, node_id=path.node_id)
    return no_content()


@api.post("/edges", responses={200: EdgeContent})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_edge(body: EdgeContent) -> ResponseReturnValue:
    """Relate two nodes."""
    with write(current_services(), actor=current_actor()) as work:
        graphs.add_edge(work, body)
    return answer(body)


@api.post("/edges/remove")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_remove_edge(body: EdgeContent) -> ResponseReturnValue:
    """Delete a relation."""
    with write(current_services(), actor=current_actor()) as work:
        graphs.remove_edge(work, body)
    return no_content()


def _views(session: Session, nodes: list[KbNode]) -> list[NodeView]:
    named = sorted({node.entry_id for node in nodes if node.entry_id})
    questions = knowledge.questions_of(session, entry_ids=named)
    return [
        node_view(node, content=graphs.content_of(node), question=questions.get(node.entry_id, "")) for node in nodes
    ]


def _allowed() -> list[AllowedEdge]:
    return [
        AllowedEdge.model_validate({"kind": kind, "sources": sorted(sources), "targets": sorted(targets)})
        for kind, (sources, targets) in ALLOWED.items()
    ]
