"""Every job that an action asks for is known to the runner, and every job the runner knows is asked for."""

from __future__ import annotations

import ast

from caredesk.edge.job_kinds import JOB_KINDS
from tests.conventions.source import Module, calls, module_of, modules


def jobs_asked_for(module: Module) -> list[str]:
    """Return the names with which a module calls `enqueue` or makes a job; one that is not written out is a "?"."""
    asked = [call for name, call in calls(module.tree) if name.endswith(".enqueue") or name == "NewJob"]
    names = [call.args[0] for call in asked if call.args]
    return [str(name.value) if isinstance(name, ast.Constant) else "?" for name in names]


def asked_for() -> set[str]:
    return {name for module in modules() for name in jobs_asked_for(module)}


def test_every_job_that_is_asked_for_is_known() -> None:
    assert asked_for() - set(JOB_KINDS) == set()


def test_every_known_job_is_asked_for() -> None:
    assert set(JOB_KINDS) - asked_for() == set()


def test_the_rule_sees_a_job() -> None:
    lines = ('work.enqueue("a", {})', "work.enqueue(name, {})", 'work.enqueue_all([NewJob("b", {})])')
    assert jobs_asked_for(module_of("\n".join(lines))) == ["a", "?", "b"]
