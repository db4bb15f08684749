"""What the editor's page shows of publications: the one in progress, and the last ones, which stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from caredesk.actions.knowledge_publishing import is_undoable
from caredesk.actions.knowledge_views import staff_names
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.models import KbPublication, KbRelease
from caredesk.knowledge_base.regression import RegressionReport

MOST_LISTED = 30


class PublicationView(BaseModel):
    """How far a publication is, what it changes, on whose word, and whether it was undone.

    `alone_reason` is why it went without a second person; `reason` is why it failed, as a code, or why it was
    published in spite of its losses.
    """

    id: str
    state: str
    entries: int
    asked_at: datetime
    asked_by: str
    done: int
    total: int
    report: RegressionReport | None
    reason: str
    decided_at: datetime | None
    decided_by: str
    release: int | None
    alone_reason: str
    undone_at: datetime | None
    undone_by: str
    undoable: bool
    questions: dict[str, str]
    """The questions of the entries that the report names."""


class PublicationLine(BaseModel):
    """A publication in the list, or a release that needed no check; figures of the check stand here, findings not."""

    id: str
    state: str
    cause: str
    entries: int
    at: datetime
    by: str
    decided_by: str
    release: int | None
    asked: int
    lost: int
    gained: int
    loss: float
    limit: float
    overridden: bool
    alone: bool
    undone: bool
    undoable: bool


class PublicationList(BaseModel):
    """What was published, or tried to be, newest first."""

    publications: list[PublicationLine]


def list_runs(session: Session) -> PublicationList:
    """Return the last publications, among them what was rolled back, retired or published by command."""
    names = staff_names(session)
    lines = [_line(one, names=names) for one in editor.list_publications(session, limit=MOST_LISTED)]
    lines += [_released(one, names=names) for one in editor.list_other_releases(session, limit=MOST_LISTED)]
    return PublicationList(publications=sorted(lines, key=lambda line: line.at, reverse=True)[:MOST_LISTED])


def view_publication(session: Session, publication: KbPublication) -> PublicationView:
    """Return a publication with the questions of the entries that its report names."""
    names = staff_names(session)
    report = RegressionReport.model_validate(publication.report) if publication.report else None
    return PublicationView(
        id=publication.id,
        state=publication.state,
        entries=len(publication.entries),
        asked_at=publication.asked_at,
        asked_by=names.get(publication.asked_by, publication.asked_by),
        done=publication.done,
        total=publication.total,
        report=report,
        reason=publication.reason,
        decided_at=publication.decided_at,
        decided_by=names.get(publication.decided_by, publication.decided_by),
        release=publication.release,
        alone_reason=publication.alone_reason,
        undone_at=publication.undone_at,
        undone_by=names.get(publication.undone_by, publication.undone_by),
        undoable=publication.undone_at is None and is_undoable(publication),
        questions=queries.questions_of(session, entry_ids=_entries_in(report)) if report else {},
    )


def _line(publication: KbPublication, *, names: Mapping[str, str]) -> PublicationLine:
    report = publication.report or {}
    published = publication.state == "published"
    return PublicationLine(
        id=publication.id,
        state=publication.state,
        cause="publication",
        entries=len(publication.entries),
        at=publication.asked_at,
        by=names.get(publication.asked_by, publication.asked_by),
        decided_by=names.get(publication.decided_by, publication.decided_by),
        release=publication.release,
        asked=int(report.get("asked", 0)),
        lost=int(report.get("lost", 0)),
        gained=int(report.get("gained", 0)),
        loss=float(report.get("loss", 0)),
        limit=float(report.get("limit", 0)),
        overridden=published and publication.reason != "",
        alone=publication.alone_reason != "",
        undone=publication.undone_at is not None,
        undoable=publication.undone_at is None and is_undoable(publication),
    )


def _released(release: KbRelease, *, names: Mapping[str, str]) -> PublicationLine:
    return PublicationLine(
        id="",
        state="published",
        cause=release.cause or "command",
        entries=release.entries,
        at=release.published_at,
        by=names.get(release.published_by, release.published_by),
        decided_by="",
        release=release.number,
        asked=0,
        lost=0,
        gained=0,
        loss=0,
        limit=0,
        overridden=False,
        alone=False,
        undone=False,
        undoable=False,
    )


def _entries_in(report: RegressionReport) -> Sequence[str]:
    findings = (*report.lost_shown, *report.gained_shown, *report.missed_shown)
    return sorted({entry_id for one in findings for entry_id in (one.expected, one.before, one.after) if entry_id})
