"""SQL of posting messages: the rows of many visitors, by one statement for each kind, or of the talk that is answered.

Every message pays for these. So each statement is put together once, when the module is read, and only filled in
later; and rows are plain objects (`plain.py`), which the unit of work does not know: what is changed is written by
`write_posts`, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, union_all, update
from sqlalchemy.orm import Session

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import ArchivedEntry, Conversation, Entry, Visitor
from caredesk.conversations.plain import CHANGED, PlainConversation, PlainEntry
from caredesk.core.db import table_of
from caredesk.core.many_rows import ManyRows
from caredesk.core.sql_pairs import having_pair_of

_ENTRIES, _ARCHIVED, _CONVERSATIONS, _VISITORS = map(table_of, (Entry, ArchivedEntry, Conversation, Visitor))

_READ = tuple(name for name in PlainConversation.__slots__ if name in _CONVERSATIONS.c)


_PLAIN: Select[Any] = select(
    *(_CONVERSATIONS.c[name] for name in _READ), _VISITORS.c.guardian_id.label("family_id")
).join_from(_VISITORS, _CONVERSATIONS, _CONVERSATIONS.c.visitor_id == _VISITORS.c.id)


def _lock_open_conversations(*, only_free: bool) -> Select[Any]:
    visitor, conversation = _VISITORS.c, _CONVERSATIONS.c
    return (
        _PLAIN.where(visitor.id.in_(bindparam("visitor_ids", expanding=True)), conversation.status != "closed")
        .order_by(visitor.id)
        .with_for_update(key_share=True, skip_locked=only_free, of=[_VISITORS, _CONVERSATIONS])
    )


_LOCK = {only_free: _lock_open_conversations(only_free=only_free) for only_free in (False, True)}
_LOCK_ONE = _PLAIN.where(_CONVERSATIONS.c.id == bindparam("wanted")).with_for_update(key_share=True, of=_CONVERSATIONS)
# Repeats are few, so only their ids are asked for: a column costs less than an object, also when there is none.
_KNOWN = union_all(
    *(having_pair_of(select(row.c.id), row.c.sender, row.c.client_key, pairs="keys") for row in (_ENTRIES, _ARCHIVED))
)
_KNOWN_ONE = union_all(
    *(
        select(row.c.id).where(row.c.sender == bindparam("whose"), row.c.client_key == bindparam("key"))
        for row in (_ENTRIES, _ARCHIVED)
    )
)
_ADD = ManyRows(insert(_ENTRIES), names=PlainEntry.__slots__)
_CHANGE = ManyRows(
    update(_CONVERSATIONS)
    .where(_CONVERSATIONS.c.id == bindparam("changed_id"))
    .values({name: bindparam(f"new_{name}") for name in CHANGED}),
    names=("changed_id", *(f"new_{name}" for name in CHANGED)),
)
_entry_of = attrgetter(*PlainEntry.__slots__)
_change_of = attrgetter("id", *CHANGED)


def lock_open_conversations(
    session: Session, *, visitor_ids: Sequence[str], only_free: bool
) -> dict[str, PlainConversation]:
    """Return the visitors' open conversations by visitor, both rows locked; with `only_free` those nobody else holds.

    SQLite has one writer, to whom every row is free.
    """
    rows = session.connection().execute(_LOCK[only_free], {"visitor_ids": visitor_ids})
    found = (PlainConversation(*row) for row in rows)
    return {conversation.visitor_id: conversation for conversation in found}


def lock_conversation(session: Session, *, conversation_id: str) -> PlainConversation:
    """Return a conversation with its row locked, whatever its state; raise ConversationNotFound for an unknown one."""
    # What is read here passes the unit of work by.
    session.flush()
    row = session.connection().execute(_LOCK_ONE, {"wanted": conversation_id}).first()
    if row is None:
        raise ConversationNotFound
    return PlainConversation(*row)


def find_entry_by_key(session: Session, *, sender: str, client_key: str) -> Entry | None:
    """Return the entry that stands under a sender's key already."""
    session.flush()
    known = session.connection().execute(_KNOWN_ONE, {"whose": sender, "key": client_key}).scalar()
    return session.scalars(select(Told).where(Told.id == known)).first() if known is not None else None


def list_entries_by_keys(session: Session, *, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Entry]:
    """Return the entries that stand under these senders' keys already, by sender and key."""
    ids = session.connection().execute(_KNOWN, {"keys": sorted(keys)}).scalars().all()
    if not ids:
        return {}
    repeats = session.scalars(select(Told).where(Told.id.in_(ids)))
    return {(str(entry.sender), str(entry.client_key)): entry for entry in repeats}


def write_posts(session: Session, conversations: Iterable[PlainConversation]) -> None:
    """Write what was said in conversations and how they stand now; nothing that was added waits any longer.

    Past the unit of work: what it holds may refer to these entries, and must come after them.
    """
    changed = list(conversations)
    connection = session.connection()
    _ADD.write(connection, [_entry_of(entry) for conversation in changed for entry in conversation.added])
    _CHANGE.write(connection, map(_change_of, changed))
    for conversation in changed:
        conversation.added.clear()
    _forget(session, ids={conversation.id for conversation in changed})


def _forget(session: Session, *, ids: Collection[str]) -> None:
    """Have the unit of work read conversations again that it held before; mostly it holds none."""
    for held in list(session.identity_map.values()):
        if isinstance(held, Conversation) and held.id in ids:
            session.expire(held)
