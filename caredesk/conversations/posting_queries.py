"""SQL of posting several messages at once: the rows of many visitors, by one statement for each kind.

Every message pays for these, so each statement is put together once, when the module is read, and only filled in later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select, tuple_, union_all
from sqlalchemy.orm import Session

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.models import ArchivedEntry, Conversation, Entry, Visitor
from caredesk.core.db import table_of


def _lock_visitors(*, only_free: bool) -> Select[Visitor]:
    query = select(Visitor).where(Visitor.id.in_(bindparam("visitor_ids", expanding=True))).order_by(Visitor.id)
    return query.with_for_update(key_share=True, skip_locked=only_free)


def _lock_open_conversations(*, only_free: bool) -> Select[Conversation]:
    return (
        select(Conversation)
        .where(
            Conversation.visitor_id.in_(bindparam("visitor_ids", expanding=True)),
            Conversation.status != "closed",
        )
        .order_by(Conversation.id)
        .with_for_update(key_share=True, skip_locked=only_free)
        .execution_options(populate_existing=True)
    )


_VISITORS = {only_free: _lock_visitors(only_free=only_free) for only_free in (False, True)}
_CONVERSATIONS = {only_free: _lock_open_conversations(only_free=only_free) for only_free in (False, True)}
_ENTRY, _ARCHIVED = table_of(Entry).c, table_of(ArchivedEntry).c
# Repeats are few, so only their ids are asked for: a column costs less than an object, also when there is none.
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_KNOWN = union_all(
    *(select(row.id).where(tuple_(row.sender, row.client_key).in_(_KEYS)) for row in (_ENTRY, _ARCHIVED))
)


def lock_visitors(session: Session, *, visitor_ids: Sequence[str], only_free: bool) -> dict[str, Visitor]:
    """Return visitors by id with their rows locked; with `only_free` those that nobody else holds.

    SQLite has one writer, to whom every row is free.
    """
    locked = session.scalars(_VISITORS[only_free], {"visitor_ids": visitor_ids})
    return {visitor.id: visitor for visitor in locked}


def lock_open_conversations(
    session: Session, *, visitor_ids: Sequence[str], only_free: bool
) -> dict[str, Conversation]:
    """Return the visitors' open conversations by visitor, locked; with `only_free` those that nobody else holds."""
    locked = session.scalars(_CONVERSATIONS[only_free], {"visitor_ids": visitor_ids})
    return {conversation.visitor_id: conversation for conversation in locked}


def list_entries_by_keys(session: Session, *, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Entry]:
    """Return the entries that stand under these senders' keys already, by sender and key."""
    ids = session.scalars(_KNOWN, {"keys": sorted(keys)}).all()
    if not ids:
        return {}
    repeats = session.scalars(select(Told).where(Told.id.in_(ids)))
    return {(str(entry.sender), str(entry.client_key)): entry for entry in repeats}
