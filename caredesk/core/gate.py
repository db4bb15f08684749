"""The gate before a store that has one writer: one at a time, and whoever carries what many wait for is next."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol


class Gate(Protocol):
    """What writers pass; `first` is for who carries the deeds of many people."""

    def turn(self, *, first: bool = False) -> AbstractContextManager[object]:
        """Return what lets its block in, and the next one when it ends."""
        ...


class OpenGate:
    """Stands before a store whose writers need not wait for each other."""

    def turn(self, *, first: bool = False) -> AbstractContextManager[object]:
        """Let in at once."""
        return nullcontext()


class WriterGate:
    """Lets one writer in at a time.

    Whoever comes when it is open goes in, whoever has waited longer: a turn that is handed over lies idle until the
    other thread runs, and all wait longer for it. Only who has to be next is handed the turn, and nobody goes before.
    """

    def __init__(self) -> None:
        lock = threading.Lock()
        self._next, self._others = threading.Condition(lock), threading.Condition(lock)
        self._taken = False
        self._waiting_next = 0

    @property
    def next_waits(self) -> bool:
        """Whether somebody is to be handed the next turn."""
        return self._waiting_next > 0

    @contextmanager
    def turn(self, *, first: bool = False) -> Iterator[None]:
        """Wait for a turn, and give it back at the end of the block."""
        if first:
            self._enter_next()
        else:
            self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._others:
            while self._taken or self._waiting_next:
                self._others.wait()
            self._taken = True

    def _enter_next(self) -> None:
        with self._next:
            self._waiting_next += 1
            try:
                while self._taken:
                    self._next.wait()
            finally:
                self._waiting_next -= 1
            self._taken = True

    def _leave(self) -> None:
        with self._next:
            self._taken = False
            (self._next if self._waiting_next else self._others).notify()
