"""The database as the edge sees it: reading and writing sessions, one writer at a time where the store wants that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Engine
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Store:
    """An engine and the gate its writers pass.

    SQLite has one writer; waiting inside it polls with growing pauses, so threads queue at a lock of ours first.
    PostgreSQL needs no gate.
    """

    engine: Engine
    gate: AbstractContextManager[object] = field(default_factory=nullcontext)

    @cached_property
    def _writer(self) -> Engine:
        return self.engine.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that is rolled back at its end."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self, *, admit: Callable[[], None] | None = None) -> Iterator[Session]:
        """Open a session inside a write transaction; the caller commits, anything else rolls back.

        `admit` is asked at the gate: who has waited there may be refused by what became known meanwhile.
        """
        with self.gate:
            if admit is not None:
                admit()
            with Session(self._writer, expire_on_commit=False) as session:
                session.connection()
                yield session


def writer_gate() -> AbstractContextManager[object]:
    """Return a fresh gate that lets one writer through."""
    return threading.Lock()
