"""What goes in and out of the knowledge graph: nodes and relations as values, and the report of an import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

NodeKind = Literal["department", "doctor", "service", "step", "document", "fee", "policy"]
EdgeKind = Literal["offers", "works_in", "part_of", "next", "needs", "costs", "governed_by", "related"]
NodeId = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
ProblemCode = Literal["unreadable", "many", "twice", "amount", "unknown", "itself", "kinds", "circle"]
HIGHEST_AMOUNT = 100_000_000


class NodeContent(BaseModel):
    """A node as an editor writes it; `amount` is in fen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: NodeId
    kind: NodeKind
    name: str = Field(min_length=1, max_length=80)
    name_en: str = Field(default="", max_length=120)
    detail: str = Field(default="", max_length=1000)
    ref: str = Field(default="", max_length=60)
    entry_id: str = Field(default="", max_length=80)
    amount: int | None = Field(default=None, ge=0, le=HIGHEST_AMOUNT)
    unit: str = Field(default="", max_length=20)
    source: str = Field(default="", max_length=200)
    position: int = Field(default=0, ge=0, le=10_000)


class EdgeContent(BaseModel):
    """A relation, read from its source to its target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: NodeId
    kind: EdgeKind
    target_id: NodeId


@dataclass(frozen=True)
class Graph:
    """A whole graph as values."""

    nodes: tuple[NodeContent, ...] = ()
    edges: tuple[EdgeContent, ...] = ()


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row of a file: `nodes 3`, counted from one, its id, and why: in English and as a code."""

    row: str
    id: str
    reason: str
    code: ProblemCode = "unreadable"


@dataclass(frozen=True)
class CheckedGraph:
    """A graph that was read, with everything that is wrong with it; with any problem nothing may be imported."""

    graph: Graph
    problems: tuple[Problem, ...] = ()


class GraphProblem(BaseModel):
    """One refused row, as reported."""

    row: str
    id: str
    reason: str


class GraphReport(BaseModel):
    """What an import of a graph did; with any refused row nothing was imported."""

    imported: bool
    nodes_added: int = 0
    nodes_changed: int = 0
    nodes_removed: int = 0
    nodes_unchanged: int = 0
    edges_added: int = 0
    edges_removed: int = 0
    edges_unchanged: int = 0
    refused: list[GraphProblem] = []
    notices: list[str] = []
