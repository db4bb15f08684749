"""The port for traces: what was done, in which order, how long each part took. Without a collector it costs nothing.

Attributes are names from the code, numbers and ids of requests; never who somebody is and never what they wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

Kind = Literal["server", "consumer", "internal"]
Value = str | int | float | bool


class Span(Protocol):
    """One part of a trace, while it lasts."""

    def note(self, name: str, value: Value) -> None:
        """Add an attribute."""
        ...


class Traces(Protocol):
    """Where spans go."""

    def span(
        self, name: str, *, kind: Kind, attributes: Mapping[str, Value], carrier: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Span]:
        """Open a span below the one that is open; with a carrier's `traceparent` (W3C) below the caller's."""
        ...


class NoTraces:
    """Where nobody collects traces."""

    def span(
        self, _name: str, *, kind: Kind, attributes: Mapping[str, Value], carrier: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Span]:
        """Open nothing."""
        return _OPENS_NOTHING


class _NoSpan:
    def note(self, _name: str, _value: Value) -> None:
        return None


_OPENS_NOTHING = nullcontext(_NoSpan())
