"""SQL of the audit: putting entries behind the head, reading them in order, looking for some, and the anchors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import attrgetter

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from caredesk.audit.models import AuditAnchor, AuditCheck, AuditCut, AuditEntry, AuditHead, AuditTree
from caredesk.audit.rules import Anchor, Cut, Entry, Link
from caredesk.audit.tree import Tree
from caredesk.core.db import table_of, upsert_into
from caredesk.core.ids import new_id
from caredesk.core.many_rows import ManyRows

HEAD = 1
PAGE = 2000
"""Entries read at a time; what a check of any length keeps in memory."""

_COLUMNS = tuple(getattr(AuditEntry, name) for name in Entry.__slots__)

# Every write pays for these three, so they are put together once, and on the tables: nobody wants objects for the rows.
_ENTRIES, _HEADS = table_of(AuditEntry), table_of(AuditHead)
_LOCK_HEAD = select(_HEADS.c.number, _HEADS.c.hash).where(_HEADS.c.id == HEAD).with_for_update(key_share=True)
_ADD_ENTRIES = ManyRows(insert(_ENTRIES), names=Entry.__slots__)
_MOVE_HEAD = update(_HEADS).where(_HEADS.c.id == HEAD).values(number=bindparam("last"), hash=bindparam("digest"))
_row_of = attrgetter(*Entry.__slots__)


def lock_head(session: Session) -> Link:
    """Take the head until the commit. Whoever calls it locks nothing after it, so that nobody can wait in a circle."""
    connection = session.connection()
    found = connection.execute(_LOCK_HEAD).first()
    if found is None:
        # Only the first entry of all finds none; a head that was removed begins where no number is free.
        first = upsert_into(session, AuditHead).values(id=HEAD, number=0, hash=Link().hash)
        session.execute(first.on_conflict_do_nothing(index_elements=["id"]))
        found = connection.execute(_LOCK_HEAD).one()
    return Link(found.number, found.hash)


def find_head(session: Session) -> Link | None:
    """Return the head as it stands."""
    found = session.execute(select(AuditHead.number, AuditHead.hash).where(AuditHead.id == HEAD)).first()
    return Link(found.number, found.hash) if found else None


def add_entries(session: Session, *, entries: Sequence[Entry]) -> None:
    """Put entries behind the head, which the caller has locked, and make the last of them the head."""
    connection = session.connection()
    _ADD_ENTRIES.write(connection, map(_row_of, entries))
    last = entries[-1]
    connection.execute(_MOVE_HEAD, {"last": last.number, "digest": last.hash})


def stream_entries(session: Session, *, after: int = 0, until: int | None = None) -> Iterator[Entry]:
    """Yield entries in order, those behind number `after` up to `until`, a page at a time."""
    last = after
    while True:
        query = select(*_COLUMNS).where(AuditEntry.number > last).order_by(AuditEntry.number).limit(PAGE)
        if until is not None:
            query = query.where(AuditEntry.number <= until)
        page = [Entry(*row) for row in session.execute(query)]
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].number


def list_hashes(session: Session, *, first: int, last: int) -> Sequence[str]:
    """Return the hashes of a stretch of entries in order; fewer than asked for where some are missing."""
    query = select(AuditEntry.hash).where(AuditEntry.number.between(first, last)).order_by(AuditEntry.number)
    return session.scalars(query).all()


def hold_still(session: Session) -> None:
    """Have a reading session see one instant; called before anything else. SQLite's readers always do."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


# ---- looking for some ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SoughtDeeds:
    """What is looked for; None does not matter. `until` is not included, `why` is a part of the code.

    `subjects` are several at once: whatever may be meant by what somebody typed.
    """

    actor_id: str | None = None
    actor_kind: str | None = None
    deed: str | None = None
    subject: str | None = None
    subjects: tuple[str, ...] | None = None
    why: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def search_entries(session: Session, *, sought: SoughtDeeds, before: int | None, limit: int) -> Sequence[Entry]:
    """Return the newest entries that match, those before number `before` only."""
    # What a cut has emptied says nothing that could be looked for.
    query = select(*_COLUMNS).where(AuditEntry.deed != "").order_by(AuditEntry.number.desc()).limit(limit)
    for name in ("actor_id", "actor_kind", "deed", "subject"):
        wanted = getattr(sought, name)
        if wanted is not None:
            query = query.where(getattr(AuditEntry, name) == wanted)
    if sought.subjects is not None:
        query = query.where(AuditEntry.subject.in_(sought.subjects))
    if sought.why is not None:
        query = query.where(AuditEntry.why.contains(sought.why, autoescape=True))
    if sought.since is not None:
        query = query.where(AuditEntry.at >= sought.since)
    if sought.until is not None:
        query = query.where(AuditEntry.at < sought.until)
    if before is not None:
        query = query.where(AuditEntry.number < before)
    return [Entry(*row) for row in session.execute(query)]


def find_first(session: Session, *, deed: str) -> Entry | None:
    """Return the oldest entry of a deed whose words are still there."""
    query = select(*_COLUMNS).where(AuditEntry.deed == deed).order_by(AuditEntry.number).limit(1)
    found = session.execute(query).first()
    return Entry(*found) if found else None


def count_since(session: Session, *, deed: str, number: int) -> int:
    """Return how often a deed was done after entry `number`."""
    query = select(func.count()).where(AuditEntry.deed == deed, AuditEntry.number > number)
    return session.scalar(query) or 0


def list_about(session: Session, *, subjects: Sequence[str]) -> Sequence[Entry]:
    """Return all entries about these subjects in order, as long as their words are still there."""
    query = select(*_COLUMNS).where(AuditEntry.subject.in_(subjects)).order_by(AuditEntry.number)
    return [Entry(*row) for row in session.execute(query)]


def find_entry(session: Session, *, number: int) -> Entry | None:
    """Return the entry of a number."""
    found = session.execute(select(*_COLUMNS).where(AuditEntry.number == number)).first()
    return Entry(*found) if found else None


# ---- checks ----------------------------------------------------------------------------------------------


def find_last_check(session: Session) -> AuditCheck | None:
    """Return the newest check that has come to its end."""
    done = select(AuditCheck).where(AuditCheck.finished_at.is_not(None))
    return session.scalars(done.order_by(AuditCheck.finished_at.desc(), AuditCheck.id.desc()).limit(1)).first()


def find_asked_check(session: Session, *, since: datetime) -> AuditCheck | None:
    """Return a check that was asked for since an instant and has not come to its end."""
    asked = select(AuditCheck).where(AuditCheck.finished_at.is_(None), AuditCheck.asked_at >= since)
    return session.scalars(asked.order_by(AuditCheck.asked_at.desc()).limit(1)).first()


# ---- anchors ---------------------------------------------------------------------------------------------


def list_anchors(session: Session) -> Sequence[Anchor]:
    """Return all anchors in the order of what they sign."""
    columns = (AuditAnchor.number, AuditAnchor.hash, AuditAnchor.at, AuditAnchor.key_id, AuditAnchor.signature)
    return [Anchor(*row) for row in session.execute(select(*columns).order_by(AuditAnchor.number))]


def find_anchor_over(session: Session, *, number: int) -> Anchor | None:
    """Return the first anchor that signs an entry: its own, or the next one behind it."""
    columns = (AuditAnchor.number, AuditAnchor.hash, AuditAnchor.at, AuditAnchor.key_id, AuditAnchor.signature)
    query = select(*columns).where(AuditAnchor.number >= number).order_by(AuditAnchor.number)
    found = session.execute(query.limit(1)).first()
    return Anchor(*found) if found else None


def find_newest_anchor(session: Session) -> Anchor | None:
    """Return the last signature, with when it was made."""
    last = find_last_anchor(session)
    return find_anchor_over(session, number=last.number) if last else None


def find_last_anchor(session: Session) -> Link | None:
    """Return how far the chain is signed."""
    query = select(AuditAnchor.number, AuditAnchor.hash).order_by(AuditAnchor.number.desc())
    found = session.execute(query.limit(1)).first()
    return Link(found.number, found.hash) if found else None


def add_anchor(session: Session, *, anchor: Anchor) -> None:
    """Keep an anchor; one of the same number stays as it is."""
    if session.get(AuditAnchor, anchor.number) is None:
        session.execute(insert(AuditAnchor), [asdict(anchor)])


# ---- trees -----------------------------------------------------------------------------------------------


def find_tree_over(session: Session, *, number: int) -> Tree | None:
    """Return the first signed tree in which an entry stands."""
    columns = (AuditTree.first, AuditTree.number, AuditTree.root, AuditTree.at, AuditTree.key_id, AuditTree.signature)
    query = select(*columns).where(AuditTree.number >= number, AuditTree.first <= number).order_by(AuditTree.number)
    found = session.execute(query.limit(1)).first()
    return Tree(*found) if found else None


def add_tree(session: Session, *, tree: Tree) -> None:
    """Keep a tree; one that ends at the same entry stays as it is."""
    if session.get(AuditTree, tree.number) is None:
        session.execute(insert(AuditTree), [asdict(tree)])


def find_anchor_before(session: Session, *, number: int) -> int:
    """Return the number of the last anchor before an entry; 0 when there is none."""
    query = select(AuditAnchor.number).where(AuditAnchor.number < number).order_by(AuditAnchor.number.desc())
    return session.scalars(query.limit(1)).first() or 0


# ---- cuts ------------------------------------------------------------------------------------------------


def find_cut(session: Session) -> Cut | None:
    """Return the newest word on how the chain begins; None while all of it is there."""
    columns = (AuditCut.number, AuditCut.hash, AuditCut.emptied_until, AuditCut.kept, AuditCut.at, AuditCut.key_id)
    newest = (AuditCut.at.desc(), AuditCut.emptied_until.desc())
    found = session.execute(select(*columns, AuditCut.signature).order_by(*newest).limit(1)).first()
    return Cut(*found) if found else None


def add_cut(session: Session, *, cut: Cut) -> None:
    """Keep a cut."""
    session.execute(insert(AuditCut), [{"id": new_id(), **asdict(cut)}])


def find_anchor_signed_before(session: Session, *, at: datetime) -> Link | None:
    """Return the last entry that was signed before an instant."""
    query = select(AuditAnchor.number, AuditAnchor.hash).where(AuditAnchor.at < at)
    found = session.execute(query.order_by(AuditAnchor.number.desc()).limit(1)).first()
    return Link(found.number, found.hash) if found else None
