"""Publishing with a check before the swap: ask, look at what would be lost, serve, or leave it to a supervisor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from caredesk.actions.knowledge import content_of, copy_content, release, serve
from caredesk.actions.knowledge_approval import check_second_person, note_approval
from caredesk.actions.knowledge_editing import Chosen, lock_seen
from caredesk.chatbot.evaluation import GUARDED
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base import queries, review_queries
from caredesk.knowledge_base.errors import (
    EntryChanged,
    NothingToPublish,
    NotUndoable,
    PublicationDecided,
    PublicationRunning,
)
from caredesk.knowledge_base.models import KbEntry, KbPublication
from caredesk.knowledge_base.regression import Judged, Probe, RegressionReport, probes_of
from caredesk.knowledge_base.rules import is_served
from caredesk.knowledge_base.schemas import EntryContent

MOST_JUDGED = 2000
"""The newest judgements; older ones speak of a base that is long gone."""


@dataclass(frozen=True)
class Rehearsal:
    """What a check needs: what would be served, and the questions to ask before and after."""

    contents: list[EntryContent]
    probes: list[Probe]
    release: int


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: a report, or the code of what failed."""

    report: RegressionReport | None
    failure: str = ""


def ask_publication(work: Work, chosen: Sequence[Chosen], *, four_eyes: bool) -> KbPublication:
    """Have the newest versions of these entries checked and then served. What waited for a decision is withdrawn.

    Whoever asks approves them with it; with `four_eyes` that is not enough for own work (SecondPersonNeeded).
    """
    waiting = _take(work, chosen)
    for entry in waiting:
        note_approval(work, entry)
    if four_eyes:
        check_second_person(work, waiting)
    return _begin(work, waiting, alone_reason="")


def publish_alone(work: Work, chosen: Sequence[Chosen], *, reason: str) -> KbPublication:
    """Have entries checked and served on one supervisor's word, who may be their writer; the reason is kept."""
    return _begin(work, _take(work, chosen), alone_reason=reason)


def _take(work: Work, chosen: Sequence[Chosen]) -> list[KbEntry]:
    """Return those of the entries that wait, locked. Raises NothingToPublish."""
    for one in editor.list_open_publications(work.session):
        if one.state == "checking":
            raise PublicationRunning(publication_id=one.id)
        _decide(work, one, state="withdrawn")
    seen = [lock_seen(work, entry_id=one.entry_id, version=one.version) for one in chosen]
    waiting = [entry for entry in seen if entry.pending]
    if not waiting:
        raise NothingToPublish
    return waiting


def _begin(work: Work, waiting: Sequence[KbEntry], *, alone_reason: str) -> KbPublication:
    publication = KbPublication(
        id=new_id(),
        state="checking",
        entries=[{"id": entry.id, "version": entry.newest_version} for entry in waiting],
        asked_at=work.now,
        asked_by=work.actor.id,
        alone_reason=alone_reason,
    )
    work.session.add(publication)
    work.session.flush()
    work.enqueue("check_publication", {"publication_id": publication.id}, key="check_publication")
    return publication


def find_rehearsal(session: Session, *, publication_id: str, at: datetime) -> Rehearsal | None:
    """Return what a publication would serve and what is to be asked; None when nobody waits for it any more."""
    publication = session.get(KbPublication, publication_id)
    if publication is None or publication.state != "checking":
        return None
    chosen = chosen_of(publication)
    contents = {row.id: content_of(row) for row in queries.iter_served_entries(session, at=at)}
    for one in chosen:
        if editor.get_entry(session, entry_id=one.entry_id).pending == "retire":
            contents.pop(one.entry_id, None)
            continue
        version = editor.get_version(session, entry_id=one.entry_id, version=one.version)
        contents[one.entry_id] = content_of(version)
    today = clinic_time(at).date()
    planned = [
        content
        for _, content in sorted(contents.items())
        if content.audience == "parent" and is_served(content, today=today)
    ]
    changed = frozenset(one.entry_id for one in chosen)
    return Rehearsal(
        contents=planned,
        probes=probes_of(planned, judged=_judged(session), changed=changed),
        release=queries.current_release(session) + 1,
    )


def conclude(work: Work, *, publication_id: str, checked: Checked | None) -> None:
    """Serve what was checked when no more is lost than allowed; else keep it for a supervisor's decision."""
    publication = editor.lock_publication(work.session, publication_id=publication_id)
    if publication.state != "checking" or checked is None:
        return
    if checked.report is None:
        publication.reason = checked.failure
        _decide(work, publication, state="failed")
        return
    publication.report = checked.report.model_dump(mode="json")
    if not checked.report.is_acceptable:
        publication.state = "blocked"
        return
    try:
        _publish(work, publication)
    except EntryChanged:
        publication.reason = "entry_changed"
        _decide(work, publication, state="failed")


def override(work: Work, *, publication_id: str, reason: str) -> KbPublication:
    """Serve what was blocked, on a supervisor's word, which is kept with it."""
    publication = editor.lock_publication(work.session, publication_id=publication_id)
    if publication.state != "blocked":
        raise PublicationDecided(state=publication.state)
    publication.reason = reason
    _publish(work, publication)
    return publication


def withdraw(work: Work, *, publication_id: str) -> KbPublication:
    """Give a publication up; its entries stay as they are."""
    publication = editor.lock_publication(work.session, publication_id=publication_id)
    if publication.state not in ("checking", "blocked"):
        raise PublicationDecided(state=publication.state)
    _decide(work, publication, state="withdrawn")
    return publication


def undo(work: Work, *, publication_id: str) -> KbPublication:
    """Serve again what was served before a publication; what it had brought waits as drafts, to be put right.

    Entries that were published again or retired since are left alone. Nothing is asked first: when answers are wrong,
    every minute counts.
    """
    publication = editor.lock_publication(work.session, publication_id=publication_id)
    if publication.undone_at is not None or not is_undoable(publication):
        raise NotUndoable
    undone = [_take_back(work, one) for one in publication.entries]
    if not any(undone):
        raise NotUndoable
    publication.undone_at, publication.undone_by = work.now, work.actor.id
    release(work, cause="undo")
    return publication


def is_undoable(publication: KbPublication) -> bool:
    """Tell whether it is known what was served before; old rows do not say."""
    return publication.state == "published" and all("before" in one for one in publication.entries)


def chosen_of(publication: KbPublication) -> list[Chosen]:
    """Return what a publication is to publish."""
    return [Chosen(entry_id=str(one["id"]), version=int(one["version"])) for one in publication.entries]


def _judged(session: Session) -> list[Judged]:
    """Return what people judged to be right, in the words of `Bot.leads_to`."""
    elsewhere = {"none": "", **{guard: f"({guard})" for guard in GUARDED}}
    return [
        Judged(one.query, elsewhere.get(one.expected, one.expected), tuple(one.acceptable))
        for one in review_queries.list_judged(session)[:MOST_JUDGED]
    ]


def _publish(work: Work, publication: KbPublication) -> None:
    chosen = chosen_of(publication)
    # All are looked at before the first is touched: a publication is served whole or not at all.
    entries = [lock_seen(work, entry_id=one.entry_id, version=one.version) for one in chosen]
    publication.entries = [_as_it_was(entry) for entry in entries]
    for entry in entries:
        newest = editor.get_version(work.session, entry_id=entry.id, version=entry.newest_version)
        if entry.pending:
            serve(work, entry, newest=newest)
    publication.release = release(work, cause="publication")
    _decide(work, publication, state="published")


def _as_it_was(entry: KbEntry) -> dict[str, Any]:
    """Return what undoing must know of an entry that is about to be served anew, or to leave."""
    before = entry.published_version if entry.state == "published" else 0
    return {"id": entry.id, "version": entry.newest_version, "before": before, "leaves": entry.pending == "retire"}


def _take_back(work: Work, published: Mapping[str, Any]) -> bool:
    """Give one entry its earlier version back; False when it has gone on since."""
    entry = editor.lock_entry(work.session, entry_id=str(published["id"]))
    before = int(published.get("before", 0))
    state = "retired" if published.get("leaves") else "published"
    version = entry.newest_version if state == "retired" else entry.published_version
    if (entry.state, version) != (state, published["version"]):
        return False
    taken = editor.get_version(work.session, entry_id=entry.id, version=int(published["version"]))
    editor.drop_approvals(work.session, version_id=taken.id)
    if before:
        earlier = editor.get_version(work.session, entry_id=entry.id, version=before)
        copy_content(content_of(earlier), into=entry)
    entry.state = "published" if before else "draft"
    entry.published_version = before
    entry.pending = "" if entry.newest_version == before else "update"
    entry.updated_at = work.now
    return True


def _decide(work: Work, publication: KbPublication, *, state: str) -> None:
    publication.state = state
    publication.decided_at = work.now
    publication.decided_by = work.actor.id
