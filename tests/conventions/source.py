"""The package's source as syntax trees, for tests that hold rules no linter sees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "caredesk"


@dataclass(frozen=True)
class Module:
    """One file of the package; `name` is its path below `caredesk/`, with slashes."""

    name: str
    text: str
    tree: ast.Module


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file of the package."""
    paths = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
    return tuple(module_of(path.read_text("utf-8"), name=path.relative_to(PACKAGE).as_posix()) for path in paths)


def module_of(text: str, *, name: str = "example.py") -> Module:
    """Return source text as a module; tests of the rules themselves use it on examples."""
    return Module(name=name, text=text, tree=ast.parse(text))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the dotted name of what is called, as far as it has one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` of an expression; what is not a name becomes a question mark."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"
