"""What a thread is about just now: its deed, and the ids that logs, meters and slow statements tell beside it.

Only ids of our own making stand here, never anything that somebody typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["http", "socket", "job", "command"]

_OWN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing being done. `deed` is a view's, a job's or a socket request's name: a word of the code."""

    kind: Kind = "command"
    deed: str = ""
    request_id: str = ""
    conversation_id: str = ""
    staff_id: str = ""


_NOTHING = Doing()
_doing: ContextVar[Doing] = ContextVar("doing", default=_NOTHING)


def current() -> Doing:
    """Return what is being done; outside of everything a command without a name."""
    return _doing.get()


@contextmanager
def doing(kind: Kind, deed: str, *, request_id: str = "", conversation_id: object = "") -> Iterator[None]:
    """Do something under its name until the block ends."""
    token = _doing.set(Doing(kind, deed, request_id, own_id(conversation_id)))
    try:
        yield
    finally:
        _doing.reset(token)


def take_up(kind: Kind, deed: str, *, request_id: str = "", conversation_id: object = "") -> None:
    """Say what begins where no block can surround it; `lay_down` says that it is over."""
    _doing.set(Doing(kind, deed, request_id, own_id(conversation_id)))


def lay_down() -> None:
    """Say that nothing is being done any more: threads are used again."""
    _doing.set(_NOTHING)


def note(*, conversation_id: str = "", staff_id: str = "") -> None:
    """Add what has become known meanwhile; the first that is noted stays."""
    now = _doing.get()
    if now is _NOTHING:
        return
    conversation = now.conversation_id or own_id(conversation_id)
    staff = now.staff_id or own_id(staff_id)
    if (conversation, staff) != (now.conversation_id, now.staff_id):
        _doing.set(replace(now, conversation_id=conversation, staff_id=staff))


def own_id(text: object) -> str:
    """Return an id that we have made, or nothing: an address may carry any words in an id's place."""
    return text if isinstance(text, str) and _OWN_ID.fullmatch(text) else ""
