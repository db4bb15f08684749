"""Rows are locked so that rows which only refer to them need not wait.

PostgreSQL looks up what a row refers to with a key-share lock, again for every further update of the row in the same
transaction. A plain `FOR UPDATE` stands in its way: a visitor who writes and an agent who replies, each with one of
the two rows locked, would wait for each other until the server ends one of them. No key ever changes here, so
`FOR NO KEY UPDATE` protects just as much.
"""

from __future__ import annotations

import ast

from tests.conventions.source import Module, calls, module_of, modules


def plain_locks(module: Module) -> list[str]:
    """Return where a module locks rows against those that refer to them."""
    return [
        f"{module.name}:{call.lineno}"
        for name, call in calls(module.tree)
        if name.endswith("with_for_update") and not _shares_keys(call)
    ]


def _shares_keys(call: ast.Call) -> bool:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    shares = given.get("key_share")
    return isinstance(shares, ast.Constant) and shares.value is True


def test_no_row_is_locked_against_those_that_refer_to_it() -> None:
    assert [place for module in modules() for place in plain_locks(module)] == []


def test_rows_are_locked_somewhere() -> None:
    assert [name for module in modules() for name, _ in calls(module.tree) if name.endswith("with_for_update")]


def test_the_rule_sees_a_plain_lock() -> None:
    assert plain_locks(module_of("query.with_for_update()"))
    assert plain_locks(module_of("query.with_for_update(key_share=False)"))
    assert plain_locks(module_of("query.with_for_update(key_share=True)")) == []
