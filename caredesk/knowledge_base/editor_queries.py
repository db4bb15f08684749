"""SQL of the editor: lists of entries in every stage, publications and files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, delete, func, select, update
from sqlalchemy.orm import Session

from caredesk.knowledge_base.errors import EntryUnknown, PublicationUnknown
from caredesk.knowledge_base.models import KbApproval, KbEntry, KbFile, KbPublication, KbRelease, KbVersion
from caredesk.knowledge_base.rules import RECHECK_AHEAD, SOON
from caredesk.knowledge_base.schemas import DueMark, Stage

# SQLite takes no more than some thousands of values in one statement.
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Sought:
    """What an editor looks for; empty parts do not matter."""

    text: str = ""
    stage: Stage | None = None
    category: str = ""
    audience: str = ""
    due: DueMark | None = None


def list_found(
    session: Session, *, sought: Sought, today: date, offset: int, limit: int
) -> Sequence[tuple[KbEntry, KbVersion]]:
    """Return entries with their newest versions, last changed first."""
    newest = and_(KbVersion.entry_id == KbEntry.id, KbVersion.version == KbEntry.newest_version)
    query = (
        select(KbEntry, KbVersion)
        .join(KbVersion, newest)
        .where(*_conditions(sought, today=today))
        .order_by(KbEntry.updated_at.desc(), KbEntry.id)
        .offset(offset)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def count_found(session: Session, *, sought: Sought, today: date) -> int:
    """Return how many entries are found."""
    query = select(func.count()).select_from(KbEntry).where(*_conditions(sought, today=today))
    return session.scalar(query) or 0


def list_categories(session: Session) -> list[str]:
    """Return the categories in use."""
    return list(session.scalars(select(KbEntry.category).distinct().order_by(KbEntry.category)))


def list_owners(session: Session) -> list[str]:
    """Return who answers for entries."""
    return list(session.scalars(select(KbEntry.owner).where(KbEntry.owner != "").distinct().order_by(KbEntry.owner)))


def get_entry(session: Session, *, entry_id: str) -> KbEntry:
    """Return the entry in whatever stage it is. Raises EntryUnknown."""
    entry = session.get(KbEntry, entry_id)
    if entry is None:
        raise EntryUnknown
    return entry


def lock_entry(session: Session, *, entry_id: str) -> KbEntry:
    """Return the entry, locked against other editors. Raises EntryUnknown."""
    query = select(KbEntry).where(KbEntry.id == entry_id).with_for_update(key_share=True)
    entry = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if entry is None:
        raise EntryUnknown
    return entry


def get_version(session: Session, *, entry_id: str, version: int) -> KbVersion:
    """Return one version of an entry. Raises EntryUnknown."""
    query = select(KbVersion).where(KbVersion.entry_id == entry_id, KbVersion.version == version)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise EntryUnknown
    return found


# ---- approvals -------------------------------------------------------------------------------------------


def put_approval(session: Session, *, version_id: str, staff_id: str, at: datetime) -> None:
    """Keep an approval; the first one of a person counts."""
    if session.get(KbApproval, (version_id, staff_id)) is None:
        session.add(KbApproval(version_id=version_id, staff_id=staff_id, at=at))
        session.flush()


def drop_approvals(session: Session, *, version_id: str) -> None:
    """Forget who approved a version."""
    session.execute(delete(KbApproval).where(KbApproval.version_id == version_id))


def list_writers(session: Session, *, entry_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return who wrote the versions that wait, by entry."""
    query = (
        select(KbVersion.entry_id, KbVersion.created_by)
        .join(KbEntry, KbEntry.id == KbVersion.entry_id)
        .where(KbVersion.version > KbEntry.published_version)
    )
    return _people(session, query, entry_ids=entry_ids)


def list_approvers(session: Session, *, entry_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return who approved the newest version, by entry."""
    newest = and_(KbVersion.entry_id == KbEntry.id, KbVersion.version == KbEntry.newest_version)
    query = (
        select(KbEntry.id, KbApproval.staff_id)
        .join(KbVersion, newest)
        .join(KbApproval, KbApproval.version_id == KbVersion.id)
    )
    return _people(session, query, entry_ids=entry_ids)


def _people(session: Session, query: Select[str, str], *, entry_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for start in range(0, len(entry_ids), MOST_AT_ONCE):
        some = entry_ids[start : start + MOST_AT_ONCE]
        for entry_id, staff_id in session.execute(query.where(KbEntry.id.in_(some))):
            found[entry_id].add(staff_id)
    return {entry_id: frozenset(people) for entry_id, people in found.items()}


# ---- publications ----------------------------------------------------------------------------------------


def find_latest_publication(session: Session) -> KbPublication | None:
    """Return the publication that was asked for last."""
    return session.scalars(
        select(KbPublication).order_by(KbPublication.asked_at.desc(), KbPublication.id.desc()).limit(1)
    ).one_or_none()


def get_publication(session: Session, *, publication_id: str) -> KbPublication:
    """Return a publication. Raises PublicationUnknown."""
    publication = session.get(KbPublication, publication_id)
    if publication is None:
        raise PublicationUnknown
    return publication


def list_publications(session: Session, *, limit: int) -> Sequence[KbPublication]:
    """Return the publications that were asked for last, newest first."""
    query = select(KbPublication).order_by(KbPublication.asked_at.desc(), KbPublication.id.desc())
    return session.scalars(query.limit(limit)).all()


def list_other_releases(session: Session, *, limit: int) -> Sequence[KbRelease]:
    """Return the newest releases that no checked publication made: single roll-backs, retirements, commands."""
    query = select(KbRelease).where(KbRelease.cause.not_in(("publication", "undo")))
    return session.scalars(query.order_by(KbRelease.number.desc()).limit(limit)).all()


def lock_publication(session: Session, *, publication_id: str) -> KbPublication:
    """Return a publication, locked. Raises PublicationUnknown."""
    query = select(KbPublication).where(KbPublication.id == publication_id).with_for_update(key_share=True)
    publication = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if publication is None:
        raise PublicationUnknown
    return publication


def list_open_publications(session: Session) -> Sequence[KbPublication]:
    """Return publications that are being checked or wait for a decision, locked."""
    return session.scalars(
        select(KbPublication).where(KbPublication.state.in_(("checking", "blocked"))).with_for_update(key_share=True)
    ).all()


def note_progress(session: Session, *, publication_id: str, done: int, total: int) -> bool:
    """Note how far a check has come; False when nobody waits for it any more."""
    change = update(KbPublication).where(KbPublication.id == publication_id, KbPublication.state == "checking")
    updated = session.execute(change.values(done=done, total=total).returning(KbPublication.id))
    return updated.first() is not None


# ---- files -----------------------------------------------------------------------------------------------


def find_file(session: Session, *, file_id: str) -> KbFile | None:
    """Return a file's row."""
    return session.get(KbFile, file_id)


# ---- what is sought --------------------------------------------------------------------------------------


def _conditions(sought: Sought, *, today: date) -> list[ColumnElement[bool]]:
    words = sought.text.lower().split()
    conditions: list[ColumnElement[bool]] = [KbEntry.search_words.contains(word, autoescape=True) for word in words]
    if sought.category:
        conditions.append(KbEntry.category == sought.category)
    if sought.audience:
        conditions.append(KbEntry.audience == sought.audience)
    if sought.stage is not None:
        conditions.append(_in_stage(sought.stage))
    if sought.due is not None:
        conditions.append(_is_due(sought.due, today=today))
    return conditions


def _in_stage(stage: Stage) -> ColumnElement[bool]:
    waiting = and_(KbEntry.state != "retired", KbEntry.pending == "update")
    stages: dict[Stage, ColumnElement[bool]] = {
        "draft": and_(waiting, KbEntry.review_asked_at.is_(None)),
        "review": and_(waiting, KbEntry.review_asked_at.is_not(None)),
        # What is served, also while a change of it waits.
        "published": KbEntry.state == "published",
        "leaving": and_(KbEntry.state == "published", KbEntry.pending == "retire"),
        "retired": KbEntry.state == "retired",
    }
    return stages[stage]


def _is_due(due: DueMark, *, today: date) -> ColumnElement[bool]:
    conditions: dict[DueMark, ColumnElement[bool]] = {
        "expiring": and_(
            KbEntry.state == "published", KbEntry.valid_until >= today, KbEntry.valid_until <= today + SOON
        ),
        "expired": and_(KbEntry.state == "published", KbEntry.valid_until < today),
        "recheck": and_(KbEntry.state != "retired", KbEntry.recheck_on <= today + RECHECK_AHEAD),
    }
    return conditions[due]
