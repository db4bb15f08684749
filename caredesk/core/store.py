"""The database as the edge sees it: reading and writing sessions, one writer at a time where the store wants that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from caredesk.core.gate import Gate, OpenGate


@dataclass(frozen=True)
class Store:
    """An engine and the gate its writers pass.

    SQLite has one writer; waiting inside it polls with growing pauses, so threads queue at a gate of ours first.
    PostgreSQL needs no gate.
    """

    engine: Engine
    gate: Gate = field(default_factory=OpenGate)

    @cached_property
    def _writer(self) -> Engine:
        return self.engine.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that is rolled back at its end."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self, *, admit: Callable[[], None] | None = None, first: bool = False) -> Iterator[Session]:
        """Open a session inside a write transaction; the caller commits, anything else rolls back.

        `admit` is asked at the gate: who has waited there may be refused by what became known meanwhile. `first` is for
        who carries the deeds of many.
        """
        with self.gate.turn(first=first):
            if admit is not None:
                admit()
            with Session(self._writer, expire_on_commit=False) as session:
                session.connection()
                yield session
