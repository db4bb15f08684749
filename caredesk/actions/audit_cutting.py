"""Letting old entries of the audit go: some lose their words early, all go late, and a signed cut says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.audit import cutting_queries, queries
from caredesk.audit.rules import Cut, Link, sum_of_kept
from caredesk.core.deed import Deed
from caredesk.core.work import Work

LEAST_MONTHS = 6
"""Network logs are kept for six months at least (网络安全法, article 21)."""
MONTH = timedelta(days=31)

BULK = frozenset({"entry.appended", "message.created", "status.changed"})
"""Entries about what stands in the timelines themselves: nine of ten. Looks, exports, sign-ins and what officers did
keep their words as long as the chain lasts."""


@dataclass(frozen=True)
class CutPlan:
    """What would go: entries up to `gone`, a signed one, and the words of bulk entries up to `emptied_until`."""

    gone: Link
    emptied_until: int


@dataclass(frozen=True)
class CutDone:
    """What went."""

    plan: CutPlan
    removed: int
    emptied: int


def plan_cut(session: Session, *, now: datetime, months: int, bulk_months: int) -> CutPlan | None:
    """Return what is older than the months say, up to a signed entry; None when nothing new would go."""
    cut = queries.find_cut(session)
    before = Link(cut.number, cut.hash) if cut else Link()
    gone = queries.find_anchor_signed_before(session, at=now - months * MONTH) or before
    emptied = queries.find_anchor_signed_before(session, at=now - bulk_months * MONTH) or before
    plan = CutPlan(max(gone, before, key=lambda one: one.number), max(emptied.number, cut.emptied_until if cut else 0))
    done = CutPlan(before, cut.emptied_until if cut else 0)
    return None if plan == done else plan


def make_cut(work: Work, *, plan: CutPlan, sign: Callable[[Cut], Cut]) -> CutDone:
    """Remove and empty what a plan names, and sign it. Only the owner of the tables can; the desk's own user cannot.

    Whoever adds to the audit waits until this is committed.
    """
    session, gone = work.session, plan.gone
    queries.lock_head(session)
    with cutting_queries.unguarded(session):
        removed = cutting_queries.remove_entries(session, until=gone.number)
        emptied = cutting_queries.empty_entries(session, until=plan.emptied_until, deeds=BULK)
    kept = sum_of_kept(queries.stream_entries(session, after=gone.number, until=plan.emptied_until))
    cut = Cut(gone.number, gone.hash, plan.emptied_until, kept, work.now, key_id="", signature="")
    queries.add_cut(session, cut=sign(cut))
    work.attest(Deed("audit.cut", subject=f"audit_entry:{gone.number}", why=f"emptied={plan.emptied_until}"))
    return CutDone(plan, removed, emptied)
