"""Putting deeds into the audit, with the transaction that does them, and signing how far it has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from caredesk.audit import queries
from caredesk.audit.rules import Anchor, Origin, chain
from caredesk.audit.tree import Tree
from caredesk.core.deed import Deed
from caredesk.core.event import Event, Sequenced
from caredesk.core.work import Work

ANCHORS_EVERY = timedelta(minutes=10)
"""How much of the chain's end is not yet signed: a cut within it is seen by the head alone."""


@dataclass(frozen=True)
class Signed:
    """What was signed of the chain's new end; no tree where entries of it are missing."""

    anchor: Anchor
    tree: Tree | None


def keep_deeds(work: Work, *, origin: Origin) -> None:
    """Put what a transaction does into the audit; the edge calls it last of all, right before the commit.

    The stored events, what actions have attested, and when a command of a member of staff shows in neither, the
    command itself.
    """
    deeds = [*_of_events(work.events), *work.deeds]
    if not deeds and _is_command(origin):
        deeds = [Deed("command.given")]
    if deeds:
        last = queries.lock_head(work.session)
        queries.add_entries(work.session, entries=chain(deeds, origin=origin, at=work.now, after=last))


def _is_command(origin: Origin) -> bool:
    return (origin.actor_kind == "staff" and origin.way == "http") or origin.actor_id == "cli"


def _of_events(events: Iterable[Event]) -> list[Deed]:
    return [
        Deed(event.type, subject=f"conversation:{event.conversation_id}", record=f"{event.stream}#{event.seq}")
        for event in events
        if isinstance(event, Sequenced)
    ]


def note_view(work: Work, *, conversation_id: str) -> None:
    """Put a look at a conversation into the audit that is not the looker's own open work."""
    work.attest(Deed("conversation.viewed", subject=f"conversation:{conversation_id}"))


def note_search(work: Work, *, fields: Iterable[str], found: Iterable[str]) -> None:
    """Put a search of the records into the audit: which fields were filled in, and which conversations it showed."""
    work.attest(Deed("records.searched", why="+".join(fields)))
    for conversation_id in found:
        work.attest(Deed("record.shown", subject=f"conversation:{conversation_id}"))


def begin_anchoring(work: Work) -> None:
    """Have the chain signed from now on; after a start."""
    _sign_next(work)


def keep_anchor(work: Work, *, anchor: Signed | None) -> None:
    """Keep what was signed, when there was something new to sign, and come back."""
    keep_signed(work, signed=anchor)
    _sign_next(work)


def keep_signed(work: Work, *, signed: Signed | None) -> None:
    """Keep what was signed out of turn."""
    if signed is not None:
        queries.add_anchor(work.session, anchor=signed.anchor)
        if signed.tree is not None:
            keep_tree(work, tree=signed.tree)


def keep_tree(work: Work, *, tree: Tree) -> None:
    """Keep a tree that was signed."""
    queries.add_tree(work.session, tree=tree)


def _sign_next(work: Work) -> None:
    nothing: dict[str, Any] = {}
    work.enqueue("anchor_audit", nothing, due_at=work.now + ANCHORS_EVERY, key="anchor_audit", not_later=True)
