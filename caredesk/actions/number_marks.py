"""By what numbers are compared that are not kept: keyed words, of no use to whoever has the rows and not the key.

A plain SHA-256 of a number tells the number: there are few enough to try them all. What older releases have stored of
that kind is keyed by a job, without anybody knowing the number: a mark is the keyed word of the plain sum.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from caredesk.assistance import mark_queries as queries
from caredesk.core.data_keys import ring_of
from caredesk.core.ids import token_hash
from caredesk.core.work import Work

PLACE = "number_mark"
"""Marks of calls and of wrong numbers are compared with each other, so that both have one place."""

BATCH = 200
"""Rows of one transaction."""


def number_key(session: Session, e164: str) -> str:
    """Return the mark of a number; nothing for none."""
    return _keyed(session, token_hash(e164)) if e164 else ""


def keys_known_by(session: Session, e164: str) -> frozenset[str]:
    """Return every mark a number may have: until the job is through also that of releases before."""
    return frozenset({number_key(session, e164), token_hash(e164)}) if e164 else frozenset()


def in_force(session: Session, key: str) -> str:
    """Return a mark as it is written now, whichever release wrote it."""
    return _keyed(session, key) if len(key) == queries.PLAIN_LENGTH else key


def wrong_numbers(session: Session, *, keys: Collection[frozenset[str]]) -> frozenset[str]:
    """Return which marks of these numbers stand for a wrong one."""
    return frozenset(queries.list_wrong(session, number_keys=frozenset().union(*keys)))


def key_marks(work: Work, *, after: str) -> None:
    """Key the next marks that an older release has stored, and ask for those after them.

    `after` is the last attempt that is through. What a crash undoes is done again.
    """
    marks = queries.list_plain_marks(work.session, limit=BATCH)
    for mark in marks:
        queries.move_mark(work.session, number_key=mark, to=_keyed(work.session, mark))
    legs = queries.list_plain_legs(work.session, after=after, limit=BATCH)
    for leg in legs:
        leg.number_key = _keyed(work.session, leg.number_key)
    if len(marks) == BATCH or len(legs) == BATCH:
        work.enqueue("key_marks", {"after": legs[-1].id if legs else after}, key="key_marks")


def _keyed(session: Session, plain: str) -> str:
    return ring_of(session.get_bind().dialect).token(PLACE, plain)
