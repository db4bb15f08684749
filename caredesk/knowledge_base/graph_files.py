"""Reads knowledge graphs from YAML and JSON files and writes them back; what may stand there is in `graph_rules.py`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from caredesk.knowledge_base.errors import GraphFileUnreadable
from caredesk.knowledge_base.graph_rules import check_graph
from caredesk.knowledge_base.graph_schemas import CheckedGraph, EdgeContent, Graph, NodeContent, Problem

LARGEST_FILE = 16 * 1024 * 1024
PARTS = ("nodes", "edges")
FORMATS = (".yaml", ".yml", ".json")

Content = TypeVar("Content", bound=BaseModel)


def read_graph(path: Path) -> CheckedGraph:
    """Read and check the graph of a file. Raises GraphFileUnreadable when there is none in it."""
    parts = _parts(path)
    nodes, node_rows, node_problems = _rows(NodeContent, parts["nodes"], part="nodes")
    edges, edge_rows, edge_problems = _rows(EdgeContent, parts["edges"], part="edges")
    checked = check_graph(Graph(tuple(nodes), tuple(edges)), rows=[*node_rows, *edge_rows])
    return CheckedGraph(checked.graph, (*node_problems, *edge_problems, *checked.problems))


def write_graph(path: Path, graph: Graph) -> None:
    """Write a graph as a file that can be read back; only what is said is written."""
    parts = {
        "nodes": [node.model_dump(exclude_defaults=True) for node in graph.nodes],
        "edges": [edge.model_dump() for edge in graph.edges],
    }
    suffix = path.suffix.lower()
    if suffix == ".json":
        text = json.dumps(parts, ensure_ascii=False, indent=2)
    elif suffix in FORMATS:
        text = yaml.safe_dump(parts, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None)
    else:
        raise GraphFileUnreadable(file=path.name, reason="only .yaml and .json files can be written")
    path.write_text(text, encoding="utf-8")


def _parts(path: Path) -> dict[str, list[Any]]:
    if path.suffix.lower() not in FORMATS:
        raise GraphFileUnreadable(file=path.name, reason="only .yaml and .json files can be read")
    try:
        data = path.read_bytes()
        if len(data) > LARGEST_FILE:
            raise GraphFileUnreadable(file=path.name, reason=f"larger than {LARGEST_FILE // 1024 // 1024} MB")
        text = data.decode("utf-8-sig")
        content = json.loads(text) if path.suffix.lower() == ".json" else _yaml(text)
    except OSError as error:
        raise GraphFileUnreadable(file=path.name, reason=error.strerror or "cannot be opened") from error
    except (UnicodeDecodeError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise GraphFileUnreadable(file=path.name, reason=f"broken file: {type(error).__name__}") from error
    if not isinstance(content, dict) or not isinstance(content.get("nodes"), list):
        raise GraphFileUnreadable(file=path.name, reason="a graph has a list of nodes and a list of edges")
    unknown = sorted(str(key) for key in content if key not in PARTS)
    if unknown:
        raise GraphFileUnreadable(file=path.name, reason=f"unknown parts: {', '.join(unknown)[:200]}")
    edges = content.get("edges") or []
    if not isinstance(edges, list):
        raise GraphFileUnreadable(file=path.name, reason="edges is no list")
    return {"nodes": content["nodes"], "edges": edges}


def _yaml(text: str) -> Any:  # noqa: ANN401 (the caller checks what it is)
    # An alias can make a small file stand for gigabytes; a graph needs none.
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
        raise ValueError("aliases")
    return yaml.safe_load(text)


def _rows(shape: type[Content], rows: Sequence[Any], *, part: str) -> tuple[list[Content], list[str], list[Problem]]:
    contents, places, problems = [], [], []
    for number, row in enumerate(rows, start=1):
        place = f"{part} {number}"
        try:
            contents.append(shape.model_validate(row))
            places.append(place)
        except ValidationError as error:
            problems.append(Problem(place, _id_of(row), _reason(error)))
    return contents, places, problems


def _id_of(row: Any) -> str:  # noqa: ANN401 (whatever stands in the file)
    return str(row.get("id") or row.get("source_id") or "")[:80] if isinstance(row, dict) else ""


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
