"""Nobody commits, rolls back or opens a session but the edges; nobody asks the machine for the time but the clock."""

from __future__ import annotations

import pytest

from tests.conventions.source import Module, calls, module_of, modules

EDGES = (
    "cli/",
    "core/store.py",
    "edge/transactions.py",
    "infra/audit_role.py",
    "infra/backup/restoring.py",
    "infra/bot_index.py",
    "infra/engine.py",
    "infra/reach.py",
    "infra/runner.py",
    "infra/schema.py",
    "migrations/",
)
CLOCKS = ("core/clock.py",)

_ENDS = (".commit", ".rollback", ".begin", ".begin_nested", ".autocommit")
_OPENS = frozenset({"Session", "sessionmaker", "scoped_session", "create_engine"})
_STORES = (".writing", ".reading")

_WALL_CLOCK = (
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime", "func.now", "func.current_timestamp", "func.localtimestamp",
)  # fmt: skip


def transaction_faults(module: Module) -> list[str]:
    """Return what a module does to transactions that only an edge may."""
    return [
        f"{module.name}:{call.lineno} {name}()"
        for name, call in calls(module.tree)
        if name.endswith((*_ENDS, *_STORES)) or name.rsplit(".", 1)[-1] in _OPENS
    ]


def clock_faults(module: Module) -> list[str]:
    """Return where a module reads the wall clock."""
    return [
        f"{module.name}:{call.lineno} {name}()"
        for name, call in calls(module.tree)
        if any(name == clock or name.endswith(f".{clock}") for clock in _WALL_CLOCK)
    ]


def test_only_edges_end_transactions_and_open_sessions() -> None:
    assert [
        fault for module in modules() if not module.name.startswith(EDGES) for fault in transaction_faults(module)
    ] == []


def test_only_the_clock_reads_the_time() -> None:
    assert [fault for module in modules() if module.name not in CLOCKS for fault in clock_faults(module)] == []


def test_every_named_edge_exists() -> None:
    names = [module.name for module in modules()]
    assert [edge for edge in EDGES + CLOCKS if not any(name.startswith(edge) for name in names)] == []


@pytest.mark.parametrize(
    "line",
    [
        "work.session.commit()",
        "session.rollback()",
        "with session.begin(): pass",
        "session.begin_nested()",
        "Session(engine)",
        "orm.sessionmaker(engine)()",
        "with services.store.writing() as session: pass",
    ],
)
def test_the_rule_sees_a_transaction_out_of_place(line: str) -> None:
    assert transaction_faults(module_of(line))


@pytest.mark.parametrize("line", ["session.flush()", "session.execute(query)", "with write(services, actor=me): pass"])
def test_the_rule_lets_ordinary_work_be(line: str) -> None:
    assert transaction_faults(module_of(line)) == []


@pytest.mark.parametrize(
    "line", ["datetime.now(UTC)", "datetime.datetime.utcnow()", "time.time()", "select(func.now())"]
)
def test_the_rule_sees_a_look_at_the_wall_clock(line: str) -> None:
    assert clock_faults(module_of(line))


@pytest.mark.parametrize("line", ["services.clock.now()", "time.monotonic()", "time.perf_counter()", "work.now"])
def test_the_rule_lets_the_port_and_durations_be(line: str) -> None:
    assert clock_faults(module_of(line)) == []
