"""A second pair of eyes: who has read what waits, and whether that is enough to serve it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from caredesk.actions.knowledge_editing import Chosen, lock_seen
from caredesk.core.work import Work
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base.errors import NothingToPublish, SecondPersonNeeded
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.rules import is_second_person


@dataclass(frozen=True)
class Readers:
    """Who wrote what waits of an entry, and who has approved its newest version; ids of staff."""

    writers: frozenset[str] = frozenset()
    approvers: frozenset[str] = frozenset()

    def suffice(self, *, with_: str = "") -> bool:
        """Tell whether it may be served, once somebody (`with_`) has approved it, too."""
        return is_second_person(writers=self.writers, approvers=self.approvers | ({with_} - {""}))


def approve(work: Work, chosen: Sequence[Chosen]) -> int:
    """Note that whoever asks has read these drafts and finds them right; return how many there were.

    Writers may approve, too: somebody who put a comma right in a colleague's draft is still a reader of the rest.
    """
    approved = 0
    for one in chosen:
        entry = lock_seen(work, entry_id=one.entry_id, version=one.version)
        if entry.pending == "update":
            note_approval(work, entry)
            approved += 1
    if not approved:
        raise NothingToPublish
    return approved


def note_approval(work: Work, entry: KbEntry) -> None:
    """Keep that whoever asks has approved an entry's newest version; again changes nothing."""
    newest = editor.get_version(work.session, entry_id=entry.id, version=entry.newest_version)
    editor.put_approval(work.session, version_id=newest.id, staff_id=work.actor.id, at=work.now)


def readers_of(session: Session, entries: Sequence[KbEntry]) -> Mapping[str, Readers]:
    """Return who wrote and who approved what waits of each entry."""
    writers = editor.list_writers(session, entry_ids=[entry.id for entry in entries])
    approvers = editor.list_approvers(session, entry_ids=[entry.id for entry in entries])
    return {
        entry.id: Readers(writers.get(entry.id, frozenset()), approvers.get(entry.id, frozenset())) for entry in entries
    }


def check_second_person(work: Work, entries: Sequence[KbEntry]) -> None:
    """Let pass what not only its writer has approved. Raises SecondPersonNeeded."""
    changed = [entry for entry in entries if entry.pending == "update"]
    readers = readers_of(work.session, changed)
    lacking = [entry.id for entry in changed if not readers[entry.id].suffice()]
    if lacking:
        raise SecondPersonNeeded(entries=lacking, n=len(lacking))
