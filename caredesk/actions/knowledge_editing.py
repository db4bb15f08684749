"""What an editor does with one entry: write it, ask for a review, send it back, retire it, roll it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from caredesk.actions.knowledge import (
    add_entry,
    change,
    close_review,
    content_of,
    copy_content,
    release,
)
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base.errors import (
    EntryChanged,
    EntryRefused,
    EntryTaken,
    NeverPublished,
    NothingToPublish,
)
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.queries import find_entry
from caredesk.knowledge_base.rules import problems_of
from caredesk.knowledge_base.schemas import EntryContent


@dataclass(frozen=True)
class Chosen:
    """An entry as somebody saw it when choosing it."""

    entry_id: str
    version: int


def create_entry(work: Work, content: EntryContent) -> KbEntry:
    """Begin an entry as a draft; without an id of its own it gets one."""
    if not content.id:
        content = content.model_copy(update={"id": f"e-{new_id()[-12:]}"})
    _refuse_faulty(content)
    if find_entry(work.session, entry_id=content.id) is not None:
        raise EntryTaken(entry_id=content.id)
    return add_entry(work, content)


def save_entry(work: Work, content: EntryContent, *, base_version: int) -> KbEntry:
    """Keep a change as the newest version. Raises EntryChanged when the editor has not seen the newest one."""
    _refuse_faulty(content)
    entry = lock_seen(work, entry_id=content.id, version=base_version)
    newest = editor.get_version(work.session, entry_id=entry.id, version=entry.newest_version)
    if content_of(newest) != content or entry.state == "retired":
        change(work, entry, content)
        work.session.flush()
    return entry


def ask_for_review(work: Work, chosen: Sequence[Chosen]) -> int:
    """Hand drafts to whoever may publish; return how many there were."""
    asked = 0
    for one in chosen:
        entry = lock_seen(work, entry_id=one.entry_id, version=one.version)
        if entry.pending == "update" and entry.review_asked_at is None:
            entry.review_asked_at = work.now
            entry.review_asked_by = work.actor.id
            entry.review_note = ""
            asked += 1
    if not asked:
        raise NothingToPublish
    return asked


def send_back(work: Work, *, entry_id: str, version: int, note: str) -> KbEntry:
    """Give an entry back to its author with what is to be changed."""
    entry = lock_seen(work, entry_id=entry_id, version=version)
    if entry.review_asked_at is None:
        raise NothingToPublish
    close_review(entry)
    entry.review_note = note
    return entry


def retire_entry(work: Work, *, entry_id: str, version: int) -> KbEntry:
    """Stop serving an entry at once; its history stays, and a roll-back brings it back."""
    entry = lock_seen(work, entry_id=entry_id, version=version)
    if entry.state == "retired":
        raise NothingToPublish
    was_served = entry.state == "published"
    entry.state, entry.pending = "retired", ""
    entry.updated_at = work.now
    close_review(entry)
    if was_served:
        release(work, cause="retirement")
    return entry


def roll_back(work: Work, *, entry_id: str, version: int, to: int) -> KbEntry:
    """Serve an earlier published version again, at once; it becomes the newest version of the history.

    It has been served before, so nothing is asked first: when an answer is wrong, every minute counts.
    """
    entry = lock_seen(work, entry_id=entry_id, version=version)
    earlier = editor.get_version(work.session, entry_id=entry_id, version=to)
    if earlier.published_at is None:
        raise NeverPublished(entry_id=entry_id, version=to)
    content = content_of(earlier)
    again = change(work, entry, content, origin=f"version {to}")
    again.published_at = work.now
    copy_content(content, into=entry)
    entry.state, entry.pending, entry.published_version = "published", "", again.version
    release(work, cause="roll_back")
    return entry


def lock_seen(work: Work, *, entry_id: str, version: int) -> KbEntry:
    """Lock an entry for a change by somebody who has seen this version of it. Raises EntryChanged."""
    entry = editor.lock_entry(work.session, entry_id=entry_id)
    if entry.newest_version != version:
        newest = editor.get_version(work.session, entry_id=entry_id, version=entry.newest_version)
        raise EntryChanged(
            entry_id=entry_id, version=newest.version, by=newest.created_by, at=newest.created_at.isoformat()
        )
    return entry


def _refuse_faulty(content: EntryContent) -> None:
    problems = problems_of(content)
    if problems:
        raise EntryRefused(problems=problems)
