"""What the editor's page shows: the list, one entry with its history, a difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from caredesk.accounts import queries as accounts
from caredesk.actions.knowledge import content_of
from caredesk.actions.knowledge_approval import Readers, readers_of
from caredesk.chatbot.cutter import shared_cutter
from caredesk.core.clock import clinic_time
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.editor_queries import Sought
from caredesk.knowledge_base.history import changes_between
from caredesk.knowledge_base.models import KbEntry, KbVersion
from caredesk.knowledge_base.rules import due_of, is_served, stage_of
from caredesk.knowledge_base.schemas import Audience, DueMark, EntryContent, FieldChange, Stage

PAGE = 200


@dataclass(frozen=True)
class Reader:
    """Who looks, and whether a second person is wanted before anything is served."""

    staff_id: str
    four_eyes: bool


class EntryRow(BaseModel):
    """An entry in the list: its newest version, and whether it is being served.

    `approved` tells that somebody else than its writer stands behind what waits.
    """

    id: str
    question: str
    category: str
    audience: Audience
    stage: Stage
    served: bool
    version: int
    similar: int
    owner: str
    valid_until: date | None
    recheck_on: date | None
    due: list[DueMark]
    approved: bool
    updated_at: datetime
    updated_by: str


class EntryList(BaseModel):
    """A page of the list."""

    entries: list[EntryRow]
    total: int


class Tally(BaseModel):
    """How many entries stand where, the words that filters offer, and whether publishing needs a second person."""

    stages: dict[Stage, int]
    due: dict[DueMark, int]
    total: int
    categories: list[str]
    owners: list[str]
    four_eyes: bool
    now: datetime


class VersionView(BaseModel):
    """One version of the history."""

    version: int
    at: datetime
    by: str
    origin: str
    published_at: datetime | None
    is_served: bool


class EntryView(BaseModel):
    """An entry as its editor sees it: the newest version, and what the others were.

    `writers` wrote what waits and `approvers` have approved its newest version. `needs_second` tells that whoever
    looks could not publish it: nobody but its writer stands behind it.
    """

    content: EntryContent
    version: int
    stage: Stage
    served: bool
    served_version: int
    due: list[DueMark]
    review_asked_at: datetime | None
    review_asked_by: str
    review_note: str
    writers: list[str]
    approvers: list[str]
    approved: bool
    has_approved: bool
    needs_second: bool
    history: list[VersionView]
    """Newest first."""


def list_page(session: Session, *, sought: Sought, offset: int, at: datetime) -> EntryList:
    """Return a page of the entries that are sought."""
    today = clinic_time(at).date()
    names = staff_names(session)
    found = editor.list_found(session, sought=sought, today=today, offset=offset, limit=PAGE)
    readers = readers_of(session, [entry for entry, _ in found if entry.pending == "update"])
    rows = [
        _row(entry, newest=newest, readers=readers.get(entry.id), names=names, today=today) for entry, newest in found
    ]
    return EntryList(entries=rows, total=editor.count_found(session, sought=sought, today=today))


def tally(session: Session, *, at: datetime, four_eyes: bool) -> Tally:
    """Count the entries by stage and by what is due."""
    today = clinic_time(at).date()
    stages: tuple[Stage, ...] = ("draft", "review", "published", "leaving", "retired")
    marks: tuple[DueMark, ...] = ("expiring", "expired", "recheck")
    return Tally(
        stages={stage: editor.count_found(session, sought=Sought(stage=stage), today=today) for stage in stages},
        due={mark: editor.count_found(session, sought=Sought(due=mark), today=today) for mark in marks},
        total=editor.count_found(session, sought=Sought(), today=today),
        categories=editor.list_categories(session),
        owners=editor.list_owners(session),
        four_eyes=four_eyes,
        now=at,
    )


def view_entry(session: Session, *, entry_id: str, at: datetime, reader: Reader) -> EntryView:
    """Return one entry with its history, as somebody sees it. Raises EntryUnknown."""
    entry = editor.get_entry(session, entry_id=entry_id)
    versions = queries.list_versions(session, entry_id=entry_id)
    newest = versions[-1]
    today = clinic_time(at).date()
    names = staff_names(session)
    content = content_of(newest)
    readers = readers_of(session, [entry])[entry.id] if entry.pending == "update" else Readers()
    return EntryView(
        content=content,
        version=newest.version,
        stage=_stage(entry),
        served=_served(entry, today=today),
        served_version=entry.published_version if entry.state == "published" else 0,
        due=due_of(content_of(entry), state=entry.state, today=today),
        review_asked_at=entry.review_asked_at,
        review_asked_by=names.get(entry.review_asked_by, entry.review_asked_by),
        review_note=entry.review_note,
        writers=_named(readers.writers, names=names),
        approvers=_named(readers.approvers, names=names),
        approved=readers.suffice(),
        has_approved=reader.staff_id in readers.approvers,
        needs_second=reader.four_eyes and entry.pending == "update" and not readers.suffice(with_=reader.staff_id),
        history=[_version(version, entry=entry, names=names) for version in reversed(versions)],
    )


def changes(session: Session, *, entry_id: str, before: int, after: int) -> list[FieldChange]:
    """Return what changed from one version to another; before version 1 there was nothing."""
    old = content_of(editor.get_version(session, entry_id=entry_id, version=before)) if before else None
    new = content_of(editor.get_version(session, entry_id=entry_id, version=after))
    return changes_between(old, new, split=split_words)


def split_words(text: str) -> list[str]:
    """Cut a text into words without losing a character."""
    return [text[start:end] for start, end in shared_cutter().spans(text)]


def staff_names(session: Session) -> Mapping[str, str]:
    """Return everybody's name by id."""
    return {staff.id: staff.name for staff in accounts.list_staff(session)}


def _row(
    entry: KbEntry, *, newest: KbVersion, readers: Readers | None, names: Mapping[str, str], today: date
) -> EntryRow:
    return EntryRow(
        id=entry.id,
        question=newest.question,
        category=newest.category,
        audience=content_of(newest).audience,
        stage=_stage(entry),
        served=_served(entry, today=today),
        version=newest.version,
        similar=len(newest.similar),
        owner=newest.owner,
        valid_until=newest.valid_until,
        recheck_on=newest.recheck_on,
        due=due_of(content_of(entry), state=entry.state, today=today),
        approved=readers is not None and readers.suffice(),
        updated_at=entry.updated_at,
        updated_by=names.get(newest.created_by, newest.created_by),
    )


def _version(version: KbVersion, *, entry: KbEntry, names: Mapping[str, str]) -> VersionView:
    return VersionView(
        version=version.version,
        at=version.created_at,
        by=names.get(version.created_by, version.created_by),
        origin=version.origin,
        published_at=version.published_at,
        is_served=entry.state == "published" and version.version == entry.published_version,
    )


def _stage(entry: KbEntry) -> Stage:
    return stage_of(state=entry.state, pending=entry.pending, in_review=entry.review_asked_at is not None)


def _served(entry: KbEntry, *, today: date) -> bool:
    return entry.state == "published" and is_served(content_of(entry), today=today)


def _named(people: Collection[str], *, names: Mapping[str, str]) -> list[str]:
    return sorted(names.get(one, one) for one in people)
