"""Decides what fits into the knowledge graph: which kinds may be related, and that nothing is part of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from caredesk.knowledge_base.graph_schemas import CheckedGraph, EdgeContent, Graph, NodeContent, Problem

MOST_NODES = 5_000
MOST_EDGES = 20_000
EVERY = frozenset({"department", "doctor", "service", "step", "document", "fee", "policy"})
ALLOWED: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "offers": (frozenset({"department", "doctor"}), frozenset({"service"})),
    "works_in": (frozenset({"doctor"}), frozenset({"department"})),
    "part_of": (frozenset({"step", "service", "department"}), frozenset({"service", "department"})),
    "next": (frozenset({"step"}), frozenset({"step"})),
    "needs": (frozenset({"service", "step"}), frozenset({"document"})),
    "costs": (frozenset({"service", "step", "document"}), frozenset({"fee"})),
    "governed_by": (EVERY - {"policy"}, frozenset({"policy"})),
    "related": (EVERY, EVERY),
}
"""From which kinds to which kinds a relation may lead."""
WITHOUT_CIRCLES = ("part_of", "next")
"""Relations that would mean nothing if they led back to where they began."""


def check_graph(graph: Graph, *, rows: Sequence[str] | None = None) -> CheckedGraph:
    """Check every node and relation, and all against each other.

    `rows` names the places of nodes and edges in a file, nodes first; without it they are counted.
    """
    places = rows or [
        *(f"nodes {number}" for number in range(1, len(graph.nodes) + 1)),
        *(f"edges {number}" for number in range(1, len(graph.edges) + 1)),
    ]
    node_rows, edge_rows = places[: len(graph.nodes)], places[len(graph.nodes) :]
    kinds = {node.id: node.kind for node in graph.nodes}
    problems = [
        *_too_many(graph),
        *_twice([node.id for node in graph.nodes], node_rows),
        *_broken_nodes(graph.nodes, node_rows),
        *_twice([edge_id(edge) for edge in graph.edges], edge_rows),
        *_broken_edges(graph.edges, edge_rows, kinds=kinds),
        *_circles(graph.edges, edge_rows),
    ]
    return CheckedGraph(graph, tuple(problems))


def edge_id(edge: EdgeContent) -> str:
    """Return how a relation is named in reports."""
    return f"{edge.source_id} {edge.kind} {edge.target_id}"


def problems_of(edge: EdgeContent, *, graph: Graph) -> list[Problem]:
    """Return why a relation does not fit into a graph that is sound without it."""
    kinds = {node.id: node.kind for node in graph.nodes}
    broken = _broken_edges([edge], ["edge"], kinds=kinds)
    return broken or _circles([*graph.edges, edge], ["edge"] * (len(graph.edges) + 1))


def _too_many(graph: Graph) -> list[Problem]:
    too_many = []
    if len(graph.nodes) > MOST_NODES:
        too_many.append(Problem("nodes", "", f"{len(graph.nodes)} nodes, {MOST_NODES} are allowed", "many"))
    if len(graph.edges) > MOST_EDGES:
        too_many.append(Problem("edges", "", f"{len(graph.edges)} edges, {MOST_EDGES} are allowed", "many"))
    return too_many


def _twice(ids: Sequence[str], rows: Sequence[str]) -> list[Problem]:
    counted = Counter(ids)
    return [
        Problem(row, id, f"stands {counted[id]} times in the file", "twice")
        for id, row in zip(ids, rows, strict=True)
        if counted[id] > 1
    ]


def _broken_nodes(nodes: Sequence[NodeContent], rows: Sequence[str]) -> list[Problem]:
    return [
        Problem(row, node.id, "only a fee has an amount", "amount")
        for node, row in zip(nodes, rows, strict=True)
        if node.amount is not None and node.kind != "fee"
    ] + [
        Problem(row, node.id, "a fee needs an amount, in fen", "amount")
        for node, row in zip(nodes, rows, strict=True)
        if node.amount is None and node.kind == "fee"
    ]


def _broken_edges(edges: Sequence[EdgeContent], rows: Sequence[str], *, kinds: Mapping[str, str]) -> list[Problem]:
    problems = []
    for edge, row in zip(edges, rows, strict=True):
        unknown = [end for end in (edge.source_id, edge.target_id) if end not in kinds]
        if unknown:
            problems.append(Problem(row, edge_id(edge), f"unknown node: {', '.join(unknown)}", "unknown"))
            continue
        sources, targets = ALLOWED[edge.kind]
        if edge.source_id == edge.target_id:
            problems.append(Problem(row, edge_id(edge), "leads from a node to itself", "itself"))
        elif kinds[edge.source_id] not in sources or kinds[edge.target_id] not in targets:
            ends = f"{kinds[edge.source_id]} to {kinds[edge.target_id]}"
            problems.append(Problem(row, edge_id(edge), f"{edge.kind} does not lead from {ends}", "kinds"))
    return problems


def _circles(edges: Sequence[EdgeContent], rows: Sequence[str]) -> list[Problem]:
    problems = []
    for kind in WITHOUT_CIRCLES:
        of_kind = [(edge, row) for edge, row in zip(edges, rows, strict=True) if edge.kind == kind]
        in_circle = _nodes_in_circles([(edge.source_id, edge.target_id) for edge, _ in of_kind])
        problems += [
            Problem(row, edge_id(edge), f"{kind} leads in a circle", "circle")
            for edge, row in of_kind
            if edge.source_id in in_circle and edge.target_id in in_circle and edge.source_id != edge.target_id
        ]
    return problems


def _nodes_in_circles(pairs: Sequence[tuple[str, str]]) -> set[str]:
    """Return what is left when every node without a way in, or without a way out, is taken away again and again."""
    left = set(pairs)
    while True:
        sources, targets = {source for source, _ in left}, {target for _, target in left}
        kept = {(source, target) for source, target in left if source in targets and target in sources}
        if kept == left:
            return {end for pair in left for end in pair}
        left = kept


# ---- order -----------------------------------------------------------------------------------------------


class Placed(Protocol):
    """A node, as far as its place in a row is concerned."""

    @property
    def id(self) -> str: ...

    @property
    def position(self) -> int: ...


Step = TypeVar("Step", bound=Placed)


def in_order(steps: Iterable[Step], *, follows: Iterable[tuple[str, str]]) -> list[Step]:
    """Return steps in the order that `follows` demands (first, next), and by position where it demands none."""
    left = sorted(steps, key=lambda step: (step.position, step.id))
    ids = {step.id for step in left}
    before = [(first, then) for first, then in follows if first in ids and then in ids]
    ordered: list[Step] = []
    while left:
        waiting = {step.id for step in left}
        held = {then for first, then in before if first in waiting}
        # In a circle, which the rules refuse, the first by position would go first.
        step = next((step for step in left if step.id not in held), left[0])
        ordered.append(step)
        left.remove(step)
    return ordered
