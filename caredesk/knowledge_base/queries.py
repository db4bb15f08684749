"""All SQL of the knowledge base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session

from caredesk.core.clock import clinic_time
from caredesk.knowledge_base.errors import EntryNotServed
from caredesk.knowledge_base.models import KbEntry, KbRelease, KbVersion

MOST_INTERNAL = 2000
ROWS_AT_ONCE = 500


def iter_served_entries(session: Session, *, at: datetime) -> Iterator[KbEntry]:
    """Yield the published entries for parents that are valid at an instant, by id; each is forgotten after use."""
    query = select(KbEntry).where(served(at)).order_by(KbEntry.id)
    yield from session.scalars(query.execution_options(yield_per=ROWS_AT_ONCE))


def iter_served(session: Session, *, at: datetime) -> Iterator[Row[str, str, str, list[str], str]]:
    """Yield what the bot reads of the served entries, by id: a large base is never held as rows."""
    read = select(KbEntry.id, KbEntry.category, KbEntry.question, KbEntry.similar, KbEntry.answer)
    query = read.where(served(at)).order_by(KbEntry.id).execution_options(yield_per=ROWS_AT_ONCE)
    yield from session.execute(query)


def count_served(session: Session, *, at: datetime) -> int:
    """Return how many entries the bot reads at an instant."""
    return session.scalar(select(func.count()).select_from(KbEntry).where(served(at))) or 0


def served_questions(session: Session, *, entry_ids: Sequence[str], at: datetime) -> dict[str, str]:
    """Return the standard questions of those of these entries that are served, by id."""
    query = select(KbEntry.id, KbEntry.question).where(KbEntry.id.in_(entry_ids), served(at))
    return dict(session.execute(query).all())


def usual_questions(session: Session, *, at: datetime, limit: int) -> dict[str, str]:
    """Return the questions that parents meet before anybody has asked: the popular ones, or else the base's first."""
    query = select(KbEntry.id, KbEntry.question).where(served(at)).order_by(KbEntry.id).limit(limit)
    popular = session.execute(query.where(KbEntry.popular)).all()
    return dict(popular or session.execute(query).all())


def find_served(session: Session, *, entry_id: str, at: datetime) -> KbEntry | None:
    """Return the entry if it is published and valid."""
    return session.scalars(select(KbEntry).where(KbEntry.id == entry_id, served(at))).one_or_none()


def get_served(session: Session, *, entry_id: str, at: datetime) -> KbEntry:
    """Return the published and valid entry of this id. Raises EntryNotServed."""
    entry = find_served(session, entry_id=entry_id, at=at)
    if entry is None:
        raise EntryNotServed
    return entry


def find_entry(session: Session, *, entry_id: str) -> KbEntry | None:
    """Return the entry in whatever state it is."""
    return session.get(KbEntry, entry_id)


def list_related(session: Session, *, entry: KbEntry, at: datetime, limit: int) -> Sequence[KbEntry]:
    """Return other served entries of the same category, popular ones first."""
    related = (
        select(KbEntry)
        .where(served(at), KbEntry.category == entry.category, KbEntry.id != entry.id)
        .order_by(KbEntry.popular.desc(), KbEntry.id)
        .limit(limit)
    )
    return session.scalars(related).all()


def list_entries(session: Session) -> Sequence[KbEntry]:
    """Return all entries that are not retired, by id."""
    return session.scalars(select(KbEntry).where(KbEntry.state != "retired").order_by(KbEntry.id)).all()


def list_all(session: Session) -> Sequence[KbEntry]:
    """Return all entries, retired ones included, by id."""
    return session.scalars(select(KbEntry).order_by(KbEntry.id)).all()


def questions_of(session: Session, *, entry_ids: Sequence[str]) -> dict[str, str]:
    """Return the questions of these entries by id."""
    query = select(KbEntry.id, KbEntry.question).where(KbEntry.id.in_(entry_ids))
    return {row.id: row.question for row in session.execute(query)}


def lock_entries(session: Session) -> dict[str, KbEntry]:
    """Return all entries by id, retired ones included, locked against other editors."""
    return {
        entry.id: entry
        for entry in session.scalars(select(KbEntry).order_by(KbEntry.id).with_for_update(key_share=True))
    }


def latest_versions(session: Session) -> dict[str, KbVersion]:
    """Return the newest version of each entry, published or not."""
    newest = select(KbVersion.entry_id, func.max(KbVersion.version).label("version")).group_by(KbVersion.entry_id)
    top = newest.subquery()
    rows = session.scalars(
        select(KbVersion).join(top, and_(KbVersion.entry_id == top.c.entry_id, KbVersion.version == top.c.version))
    )
    return {row.entry_id: row for row in rows}


def list_versions(session: Session, *, entry_id: str) -> Sequence[KbVersion]:
    """Return an entry's history, oldest first."""
    return session.scalars(select(KbVersion).where(KbVersion.entry_id == entry_id).order_by(KbVersion.version)).all()


def current_release(session: Session) -> int:
    """Return the number of the newest release, 0 before the first one."""
    return session.scalar(select(func.max(KbRelease.number))) or 0


def count_published(session: Session) -> int:
    """Return how many entries are published, whatever their validity."""
    return session.scalar(select(func.count()).select_from(KbEntry).where(KbEntry.state == "published")) or 0


def next_valid_change(session: Session, *, after: datetime) -> date | None:
    """Return the next day that begins with something else being served, because a validity has begun or ended."""
    today = clinic_time(after).date()
    begins = session.scalar(
        select(func.min(KbEntry.valid_from)).where(KbEntry.state == "published", KbEntry.valid_from > today)
    )
    ends = session.scalar(
        select(func.min(KbEntry.valid_until)).where(KbEntry.state == "published", KbEntry.valid_until >= today)
    )
    # The last day of validity is still a day of it.
    changes = (begins, ends + timedelta(days=1) if ends else None)
    return min((day for day in changes if day is not None), default=None)


def list_for_staff(session: Session, *, at: datetime) -> Sequence[KbEntry]:
    """Return the published and valid entries that are for agents and doctors only, by id."""
    return session.scalars(
        select(KbEntry).where(_valid(at), KbEntry.audience != "parent").order_by(KbEntry.id).limit(MOST_INTERNAL)
    ).all()


def served(at: datetime) -> ColumnElement[bool]:
    """Tell what parents can be told: published, valid, and meant for them."""
    return and_(_valid(at), KbEntry.audience == "parent")


def _valid(at: datetime) -> ColumnElement[bool]:
    today = clinic_time(at).date()
    return and_(
        KbEntry.state == "published",
        or_(KbEntry.valid_from.is_(None), KbEntry.valid_from <= today),
        or_(KbEntry.valid_until.is_(None), KbEntry.valid_until >= today),
    )
