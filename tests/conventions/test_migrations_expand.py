"""A migration only adds, so that the release before it goes on working on the migrated database (docs/operations.md).

While processes are restarted one after the other, old and new ones share the rows. What nobody of the release before
reads or writes any more may go: then the migration says so in a constant `CONTRACTS`, with the release that let go.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.conventions.source import Module, calls, module_of, modules

RULE_SINCE = "0024"
"""Older ones were applied with the desk standing still."""

_GOES = ("drop_table", "drop_column", "rename_table")
_SQL = re.compile(r"\b(DROP\s+(TABLE|COLUMN)|RENAME\s+(TO|COLUMN)|SET\s+NOT\s+NULL)\b", re.IGNORECASE)


def faults(module: Module) -> list[str]:
    """Return what a migration takes from the release before; nothing when it says that it may."""
    body = [node for node in module.tree.body if not (isinstance(node, ast.FunctionDef) and node.name == "downgrade")]
    if any(_names(node) == ["CONTRACTS"] for node in body):
        return []
    tree = ast.Module(body, type_ignores=[])
    found = [f"{module.name}:{call.lineno} {name}" for name, call in calls(tree) if _takes(name, call)]
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return found + [f"{module.name}:{node.lineno} SQL" for node in texts if _SQL.search(str(node.value))]


def _names(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _takes(name: str, call: ast.Call) -> bool:
    verb, given = name.rsplit(".", 1)[-1], {word.arg: word.value for word in call.keywords}
    if verb == "add_column":
        return any(_is_demanded(argument) for argument in call.args)
    if verb == "alter_column":
        ends = _is(given.get("nullable"), False) or _is(given.get("server_default", call), None)
        return ends or bool(given.keys() & {"new_column_name", "type_"})
    return verb in _GOES


def _is_demanded(column: ast.expr) -> bool:
    """Tell whether a new column must be given by everybody who writes a row."""
    given = {word.arg: word.value for word in column.keywords} if isinstance(column, ast.Call) else {}
    return _is(given.get("nullable"), False) and "server_default" not in given


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def migrations() -> list[Module]:
    return [
        module
        for module in modules()
        if module.name.startswith("migrations/versions/") and module.name.rsplit("/", 1)[-1][:4] >= RULE_SINCE
    ]


def test_migrations_take_nothing_from_the_release_before() -> None:
    assert migrations()
    assert [fault for module in migrations() for fault in faults(module)] == []


@pytest.mark.parametrize(
    "line",
    [
        'op.drop_table("a")',
        'batch_op.drop_column("b")',
        'op.rename_table("a", "b")',
        'op.add_column("a", sa.Column("b", sa.String(), nullable=False))',
        'batch_op.alter_column("b", nullable=False)',
        'batch_op.alter_column("b", server_default=None)',
        'batch_op.alter_column("b", new_column_name="c")',
        'op.execute("ALTER TABLE a RENAME COLUMN b TO c")',
    ],
)
def test_the_rule_sees_what_is_taken(line: str) -> None:
    assert faults(module_of(f"def upgrade():\n    {line}"))
    assert not faults(module_of(f"def downgrade():\n    {line}"))
    assert not faults(module_of(f'CONTRACTS = "since 1.2 nobody reads it"\ndef upgrade():\n    {line}'))


@pytest.mark.parametrize(
    "line",
    [
        'op.create_table("a", sa.Column("b", sa.String(), nullable=False))',
        'op.add_column("a", sa.Column("b", sa.String(), server_default="", nullable=False))',
        'batch_op.add_column(sa.Column("b", sa.String(), nullable=True))',
        'batch_op.drop_constraint("c", type_="check")',
        'batch_op.alter_column("b", nullable=True)',
    ],
)
def test_the_rule_lets_what_is_added_be(line: str) -> None:
    assert not faults(module_of(f"def upgrade():\n    {line}"))
