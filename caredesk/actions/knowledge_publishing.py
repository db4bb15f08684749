"""Publishing with a check before the swap: ask, look at what would be lost, serve, or leave it to a supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions.knowledge import content_of, release, serve
from caredesk.actions.knowledge_editing import Chosen, lock_seen
from caredesk.chatbot.bot import Bot
from caredesk.chatbot.evaluation import GUARDED
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base import queries, review_queries
from caredesk.knowledge_base.errors import EntryChanged, NothingToPublish, PublicationDecided, PublicationRunning
from caredesk.knowledge_base.models import KbPublication
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


def ask_publication(work: Work, chosen: Sequence[Chosen]) -> KbPublication:
    """Have the newest versions of these entries checked and then served. What waited for a decision is withdrawn."""
    for one in editor.list_open_publications(work.session):
        if one.state == "checking":
            raise PublicationRunning(publication_id=one.id)
        _decide(work, one, state="withdrawn")
    waiting = [one for one in chosen if lock_seen(work, entry_id=one.entry_id, version=one.version).pending == "update"]
    if not waiting:
        raise NothingToPublish
    publication = KbPublication(
        id=new_id(),
        state="checking",
        entries=[{"id": one.entry_id, "version": one.version} for one in waiting],
        asked_at=work.now,
        asked_by=work.actor.id,
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
    contents = {row.id: content_of(row) for row in queries.list_served(session, at=at)}
    for one in chosen:
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


def led_to(bot: Bot, text: str) -> str:
    """Return the entry to which a question leads; a guard's name or nothing when it leads to none."""
    turn = bot.ask(text)
    if turn.outcome in ("answer", "suggest") and turn.candidates:
        return turn.candidates[0].id
    return "" if turn.outcome == "none" else f"({turn.outcome})"


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


def chosen_of(publication: KbPublication) -> list[Chosen]:
    """Return what a publication is to publish."""
    return [Chosen(entry_id=str(one["id"]), version=int(one["version"])) for one in publication.entries]


def _judged(session: Session) -> list[Judged]:
    """Return what people judged to be right, in the words in which `led_to` answers."""
    elsewhere = {"none": "", **{guard: f"({guard})" for guard in GUARDED}}
    return [
        Judged(one.query, elsewhere.get(one.expected, one.expected), tuple(one.acceptable))
        for one in review_queries.list_judged(session)[:MOST_JUDGED]
    ]


def _publish(work: Work, publication: KbPublication) -> None:
    chosen = chosen_of(publication)
    # All are looked at before the first is touched: a publication is served whole or not at all.
    entries = [lock_seen(work, entry_id=one.entry_id, version=one.version) for one in chosen]
    for entry in entries:
        newest = editor.get_version(work.session, entry_id=entry.id, version=entry.newest_version)
        if entry.pending:
            serve(work, entry, newest=newest)
    publication.release = release(work)
    _decide(work, publication, state="published")


def _decide(work: Work, publication: KbPublication, *, state: str) -> None:
    publication.state = state
    publication.decided_at = work.now
    publication.decided_by = work.actor.id
