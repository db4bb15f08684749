"""The knowledge graph as rows: files come in whole or not at all, single changes keep it sound."""

from __future__ import annotations

from datetime import datetime

import pytest

from caredesk.actions import graph
from caredesk.knowledge_base import graph_queries
from caredesk.knowledge_base.errors import EdgeNotFound, GraphRefused, NodeKnown, NodeNotFound
from caredesk.knowledge_base.graph_rules import check_graph
from caredesk.knowledge_base.graph_schemas import EdgeContent, Graph, GraphReport, NodeContent
from tests.fixtures.desk import DeskForTests

STEPS = tuple(NodeContent(id=name, kind="step", name=name) for name in ("a", "b", "c"))
NEXT = (EdgeContent(source_id="a", kind="next", target_id="b"), EdgeContent(source_id="b", kind="next", target_id="c"))
CLOSING = EdgeContent(source_id="c", kind="next", target_id="a")


def bring_in(desk: DeskForTests, whole: Graph, *, replace: bool = False) -> GraphReport:
    with desk.write() as work:
        return graph.import_graph(work, check_graph(whole), replace=replace)


def stored(desk: DeskForTests) -> Graph:
    with desk.read() as session:
        return graph.read_graph(session)


def changed_at(desk: DeskForTests, node_id: str) -> datetime:
    with desk.read() as session:
        return graph_queries.get_node(session, node_id=node_id).updated_at


def test_a_file_is_added_once_and_then_changes_nothing(desk: DeskForTests) -> None:
    first = bring_in(desk, Graph(STEPS, NEXT))
    assert (first.nodes_added, first.edges_added) == (3, 2)
    again = bring_in(desk, Graph(STEPS, NEXT))
    assert (again.nodes_added, again.nodes_changed, again.nodes_unchanged, again.edges_unchanged) == (0, 0, 3, 2)


def test_what_stays_as_it_was_does_not_look_freshly_checked(desk: DeskForTests) -> None:
    bring_in(desk, Graph(STEPS, NEXT))
    before = desk.clock.now()
    desk.clock.advance(days=30)
    bring_in(desk, Graph((*STEPS[:2], STEPS[2].model_copy(update={"name": "new"})), NEXT))
    assert changed_at(desk, "a") == before
    assert changed_at(desk, "c") == desk.clock.now()


def test_replacing_removes_what_the_file_lacks(desk: DeskForTests) -> None:
    bring_in(desk, Graph(STEPS, NEXT))
    report = bring_in(desk, Graph(STEPS[:2], NEXT[:1]), replace=True)
    assert (report.nodes_removed, report.edges_removed) == (1, 1)
    assert {node.id for node in stored(desk).nodes} == {"a", "b"}


def test_a_file_that_closes_a_circle_with_what_is_there_imports_nothing(desk: DeskForTests) -> None:
    bring_in(desk, Graph(STEPS, NEXT))
    extra = NodeContent(id="d", kind="step", name="d")
    report = bring_in(desk, Graph((*STEPS, extra), (CLOSING,)))
    assert not report.imported
    assert {problem.reason for problem in report.refused} == {"next leads in a circle"}
    assert {node.id for node in stored(desk).nodes} == {"a", "b", "c"}


def test_an_entry_that_is_not_in_the_base_is_noticed(desk: DeskForTests) -> None:
    report = bring_in(desk, Graph((NodeContent(id="s", kind="service", name="s", entry_id="gone"),)))
    assert report.imported and report.notices == ["names an entry that is not in the base: gone"]


def test_nodes_are_added_changed_and_deleted_with_their_relations(desk: DeskForTests) -> None:
    bring_in(desk, Graph(STEPS, NEXT))
    with desk.write() as work:
        with pytest.raises(NodeKnown):
            graph.put_node(work, STEPS[0], is_new=True)
        with pytest.raises(NodeNotFound):
            graph.put_node(work, NodeContent(id="x", kind="step", name="x"), is_new=False)
        graph.put_node(work, STEPS[0].model_copy(update={"name": "first"}), is_new=False)
        graph.remove_node(work, node_id="b")
    left = stored(desk)
    assert [node.name for node in left.nodes] == ["first", "c"]
    assert left.edges == ()


def test_a_node_cannot_become_a_kind_that_its_relations_forbid(desk: DeskForTests) -> None:
    bring_in(desk, Graph(STEPS, NEXT))
    with desk.write() as work, pytest.raises(GraphRefused) as refused:
        graph.put_node(work, NodeContent(id="a", kind="service", name="a"), is_new=False)
    assert refused.value.fields["reason"] == "kinds"


def test_relations_are_added_once_and_never_in_a_circle(desk: DeskForTests) -> None:
    bring_in(desk, Graph(STEPS, NEXT))
    with desk.write() as work:
        graph.add_edge(work, NEXT[0])
        with pytest.raises(GraphRefused):
            graph.add_edge(work, CLOSING)
        graph.remove_edge(work, NEXT[0])
        with pytest.raises(EdgeNotFound):
            graph.remove_edge(work, NEXT[0])
        graph.add_edge(work, CLOSING)
    assert set(stored(desk).edges) == {NEXT[1], CLOSING}
