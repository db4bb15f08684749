"""What fits into the knowledge graph, and what its files may hold: refused row by row, never half imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from caredesk.knowledge_base.errors import GraphFileUnreadable
from caredesk.knowledge_base.graph_files import read_graph, write_graph
from caredesk.knowledge_base.graph_rules import check_graph, in_order, problems_of
from caredesk.knowledge_base.graph_schemas import EdgeContent, Graph, NodeContent

DEMO = Path(__file__).parents[3] / "caredesk" / "demo_hospital" / "knowledge_graph.yaml"
STEPS = tuple(NodeContent(id=name, kind="step", name=name, position=place) for place, name in enumerate("abc"))
SERVICE = NodeContent(id="visit", kind="service", name="看诊")


def edge(source: str, kind: str, target: str) -> EdgeContent:
    return EdgeContent.model_validate({"source_id": source, "kind": kind, "target_id": target})


def reasons(*edges: EdgeContent, nodes: tuple[NodeContent, ...] = (*STEPS, SERVICE)) -> set[str]:
    return {problem.reason for problem in check_graph(Graph(nodes, edges)).problems}


def test_a_sound_graph_has_no_problems() -> None:
    assert reasons(edge("a", "part_of", "visit"), edge("a", "next", "b"), edge("b", "next", "c")) == set()


def test_a_circle_of_steps_is_refused_on_each_of_its_rows() -> None:
    checked = check_graph(Graph(STEPS, (edge("a", "next", "b"), edge("b", "next", "c"), edge("c", "next", "a"))))
    assert [problem.row for problem in checked.problems] == ["edges 1", "edges 2", "edges 3"]
    assert {problem.reason for problem in checked.problems} == {"next leads in a circle"}


def test_what_only_leads_into_a_circle_is_no_part_of_it() -> None:
    checked = check_graph(Graph(STEPS, (edge("a", "next", "b"), edge("b", "next", "c"), edge("c", "next", "b"))))
    assert [problem.row for problem in checked.problems] == ["edges 2", "edges 3"]


def test_circles_of_mere_relation_are_welcome() -> None:
    assert reasons(edge("a", "related", "b"), edge("b", "related", "a")) == set()


def test_unknown_nodes_wrong_kinds_and_nodes_related_to_themselves_are_refused() -> None:
    assert reasons(edge("a", "next", "nobody")) == {"unknown node: nobody"}
    assert reasons(edge("visit", "part_of", "a")) == {"part_of does not lead from service to step"}
    assert reasons(edge("a", "related", "a")) == {"leads from a node to itself"}


def test_an_id_or_relation_that_stands_twice_is_refused_everywhere_it_stands() -> None:
    twice = check_graph(Graph((SERVICE, SERVICE)))
    assert [problem.row for problem in twice.problems] == ["nodes 1", "nodes 2"]
    assert reasons(edge("a", "next", "b"), edge("a", "next", "b")) == {"stands 2 times in the file"}


def test_a_fee_has_an_amount_and_nothing_else_has() -> None:
    assert reasons(nodes=(NodeContent(id="f", kind="fee", name="费"),)) == {"a fee needs an amount, in fen"}
    assert reasons(nodes=(NodeContent(id="s", kind="service", name="看诊", amount=5),)) == {"only a fee has an amount"}


def test_one_more_relation_is_checked_against_the_graph_it_joins() -> None:
    graph = Graph(STEPS, (edge("a", "next", "b"), edge("b", "next", "c")))
    assert problems_of(edge("a", "next", "c"), graph=graph) == []
    assert {problem.code for problem in problems_of(edge("c", "next", "a"), graph=graph)} == {"circle"}


def test_steps_follow_their_relations_and_then_their_positions() -> None:
    assert [step.id for step in in_order(STEPS, follows=[("c", "a")])] == ["b", "c", "a"]
    assert [step.id for step in in_order(STEPS, follows=[])] == ["a", "b", "c"]
    assert len(in_order(STEPS, follows=[("a", "b"), ("b", "a")])) == 3


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_a_graph_survives_being_written_and_read(tmp_path: Path, suffix: str) -> None:
    graph = Graph((*STEPS, SERVICE), (edge("a", "part_of", "visit"),))
    write_graph(tmp_path / f"graph{suffix}", graph)
    checked = read_graph(tmp_path / f"graph{suffix}")
    assert (checked.graph, checked.problems) == (graph, ())


def test_the_demo_hospitals_graph_is_sound_and_has_every_kind() -> None:
    checked = read_graph(DEMO)
    assert checked.problems == ()
    assert {node.kind for node in checked.graph.nodes} == {
        "department", "doctor", "service", "step", "document", "fee", "policy"
    }  # fmt: skip


def test_broken_rows_are_named_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "graph.json"
    step = {"kind": "step", "name": "x"}
    good, spaced, dragon = {**step, "id": "fine"}, {**step, "id": "a b"}, {**step, "id": "ok", "kind": "dragon"}
    nodes = [spaced, dragon, "text", None, {**step, "id": "x", "colour": "red"}, good]
    file.write_text(json.dumps({"nodes": nodes, "edges": [{"source_id": "fine"}]}))
    checked = read_graph(file)
    assert [problem.row for problem in checked.problems] == [*(f"nodes {n}" for n in range(1, 6)), "edges 1"]
    assert [node.id for node in checked.graph.nodes] == ["fine"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("graph.yaml", b"nodes: [&a [1, 1], *a, *a]"),
        ("graph.yaml", b"nodes: {a: 1}"),
        ("graph.yaml", b"[]"),
        ("graph.yaml", b""),
        ("graph.yaml", b"nodes: [\n"),
        ("graph.yaml", b"!!python/object/apply:os.system ['true']"),
        ("graph.yaml", b"\xff\xfe\x00"),
        ("graph.json", b"{"),
        ("graph.json", b"[" * 100_000),
        ("graph.json", b'{"nodes": [], "extra": 1}'),
        ("graph.json", b'{"nodes": [], "edges": 5}'),
        ("graph.txt", b"nodes: []"),
    ],
)
def test_what_is_no_graph_is_refused_with_a_reason(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(GraphFileUnreadable) as refused:
        read_graph(file)
    assert refused.value.fields["reason"]


def test_a_file_that_is_not_there_is_refused_calmly(tmp_path: Path) -> None:
    with pytest.raises(GraphFileUnreadable):
        read_graph(tmp_path / "none.yaml")
