"""SQL of posting several messages at once: the rows of many visitors, by one statement for each kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from caredesk.conversations.models import Conversation, Entry, Visitor


def lock_visitors(session: Session, *, visitor_ids: Sequence[str], only_free: bool) -> dict[str, Visitor]:
    """Return visitors by id with their rows locked; with `only_free` those that nobody else holds.

    SQLite has one writer, to whom every row is free.
    """
    query = select(Visitor).where(Visitor.id.in_(visitor_ids)).order_by(Visitor.id)
    locked = session.scalars(query.with_for_update(key_share=True, skip_locked=only_free))
    return {visitor.id: visitor for visitor in locked}


def lock_open_conversations(
    session: Session, *, visitor_ids: Sequence[str], only_free: bool
) -> dict[str, Conversation]:
    """Return the visitors' open conversations by visitor, locked; with `only_free` those that nobody else holds."""
    query = (
        select(Conversation)
        .where(Conversation.visitor_id.in_(visitor_ids), Conversation.status != "closed")
        .order_by(Conversation.id)
        .with_for_update(key_share=True, skip_locked=only_free)
        .execution_options(populate_existing=True)
    )
    return {conversation.visitor_id: conversation for conversation in session.scalars(query)}


def list_entries_by_keys(session: Session, *, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Entry]:
    """Return the entries that stand under these senders' keys already, by sender and key."""
    query = select(Entry).where(tuple_(Entry.sender, Entry.client_key).in_(sorted(keys)))
    return {(str(entry.sender), str(entry.client_key)): entry for entry in session.scalars(query)}
