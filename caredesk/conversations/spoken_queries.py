"""All SQL of the index of what was said in closed conversations: kept at the close, looked up by search (ADR 0026).

The rows are the same on both stores. The index over them is the store's own and follows by itself: FTS5 fed by
triggers on SQLite, an inverted index over the array of marks on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, cast, column, delete, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.models import Conversation, Spoken
from caredesk.conversations.search_words import pages_of, place_in_time

WORDS = table("spoken_words", column("rowid"), column("spoken_words"))
BETWEEN: ColumnElement[str] = literal_column("' '")
"""Between two marks; written into the statement, for an index over an expression knows no other."""

SECOND = 1_000_000
FIRST_BATCH, LARGEST_BATCH = 50, 1_600
"""Who seeks a common word needs few candidates; who seeks a rare one is soon through all of them."""


@dataclass(frozen=True)
class Batch:
    """Conversations in which sought words may stand, next to each other in time."""

    conversation_ids: tuple[str, ...]


def keep_words(session: Session, *, conversation: Conversation) -> None:
    """Keep what was said in a conversation that is closed; said again it replaces what was kept."""
    said = select(Told.text).where(Told.conversation_id == conversation.id, Told.text != "")
    pages = pages_of(session.scalars(said.order_by(Told.staff_seq)))
    session.execute(delete(Spoken).where(Spoken.conversation_id == conversation.id))
    free = _free_place(session, at=conversation.created_at)
    session.add_all(
        Spoken(id=free + number, conversation_id=conversation.id, marks=marks) for number, marks in enumerate(pages)
    )
    session.flush()


def list_candidates(session: Session, *, marks: Collection[str], until: datetime | None) -> Iterator[Batch]:
    """Yield the closed conversations that have all these marks, newest first, batch by batch.

    `until` leaves out what began in a later second. Each batch ends with a whole second, so that conversations that
    began in the same instant come together and the caller can put them in order.
    """
    below = place_in_time(until) // SECOND * SECOND + SECOND if until is not None else None
    size = FIRST_BATCH
    while True:
        found = session.execute(_having(session, marks=marks, below=below, limit=size)).all()
        places = [row.id for row in found]
        kept = whole_seconds(places) if len(found) == size else len(found)
        if kept:
            yield Batch(tuple(row.conversation_id for row in found[:kept]))
        if len(found) < size:
            return
        below = places[kept - 1] // SECOND * SECOND if kept < len(found) else places[-1]
        size = min(size * 4, LARGEST_BATCH)


def whole_seconds(places: list[int]) -> int:
    """Return how many of these descending places come before the last second among them; all if it is the only one."""
    last = places[-1] // SECOND
    return sum(place // SECOND > last for place in places) or len(places)


def _having(session: Session, *, marks: Collection[str], below: int | None, limit: int) -> Select[int, str]:
    query = select(Spoken.id, Spoken.conversation_id)
    if session.get_bind().dialect.name == "sqlite":
        # The order and the bound are said of the index, which then reads no further than it must.
        place: ColumnElement[int] | InstrumentedAttribute[int] = WORDS.c.rowid
        query = query.join(WORDS, WORDS.c.rowid == Spoken.id).where(
            WORDS.c.spoken_words.op("MATCH")(" ".join(sorted(marks)))
        )
    else:
        place = Spoken.id
        # Of a common word PostgreSQL reads the newest rows instead of the index, and then makes this of each of them:
        # an array takes 18 us, a text-search vector took 800.
        query = query.where(func.string_to_array(Spoken.marks, BETWEEN).op("@>")(cast(sorted(marks), ARRAY(Text))))
    if below is not None:
        query = query.where(place < below)
    return query.order_by(place.desc()).limit(limit)


def _free_place(session: Session, *, at: datetime) -> int:
    """Return the first free place from an instant on: two conversations may begin in the same microsecond."""
    place = place_in_time(at)
    taken = set(session.scalars(select(Spoken.id).where(Spoken.id >= place, Spoken.id < place + SECOND)))
    while place in taken:
        place += 1
    return place
