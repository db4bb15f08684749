"""The auditor's page: looking for entries, one entry in its chain, how the chain stands, reading it whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy.orm import Session

from caredesk.accounts import queries as staff_queries
from caredesk.accounts.rules import normal_login
from caredesk.actions.audit_checks import Checked
from caredesk.actions.records import day_bounds
from caredesk.audit import queries
from caredesk.audit.errors import AuditEntryNotFound
from caredesk.audit.models import AuditCheck
from caredesk.audit.queries import SoughtDeeds
from caredesk.audit.rules import Anchor, Entry, Fault, Link, Place, is_emptied, place_of
from caredesk.audit.schemas import (
    AnchorView,
    AuditDetail,
    AuditLine,
    AuditPage,
    AuditPerson,
    AuditState,
    CheckView,
)
from caredesk.conversations import search_queries
from caredesk.conversations.search_words import read_number, tidy_words
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work

PAGE = 50
KINDS = frozenset({"staff", "visitor", "system"})
CHECK_EVERY = timedelta(days=1)
PATIENCE = timedelta(hours=1)
"""After so long a check that was asked for counts as lost, and another one may be asked for."""

_SUBJECT = re.compile(r"[a-z_]+:\S*")
_NUMBER = re.compile(r"#?[\d-]+")

IsSigned = Callable[[Anchor], bool]
"""Tells whether a signature is the desk's."""


@dataclass(frozen=True)
class AuditQuestion:
    """A search of the audit as it was typed; see `AuditQuery`."""

    who: str = ""
    deed: str = ""
    subject: str = ""
    why: str = ""
    since: date | None = None
    until: date | None = None

    def fields(self) -> list[str]:
        """Return which fields were filled in; what was typed never goes into the audit."""
        return [name for name, typed in asdict(self).items() if typed]


# ---- looking ---------------------------------------------------------------------------------------------


def search_audit(session: Session, *, question: AuditQuestion, before: int | None) -> AuditPage:
    """Return a page of the entries that match, newest first."""
    sought = _sought(session, question)
    found = queries.search_entries(session, sought=sought, before=before, limit=PAGE + 1)
    page = found[:PAGE]
    more = page[-1].number if len(found) > PAGE else None
    return AuditPage(entries=_lines(session, page), before=more)


def note_audit_search(work: Work, *, question: AuditQuestion) -> None:
    """Put a search of the audit into the audit: by which fields."""
    work.attest(Deed("audit.searched", why="+".join(question.fields())))


def audit_detail(session: Session, *, number: int, is_signed: IsSigned) -> AuditDetail:
    """Return one entry with its place in the chain."""
    entry = queries.find_entry(session, number=number)
    if entry is None:
        raise AuditEntryNotFound(number=number)
    place = _place(session, entry)
    return AuditDetail(
        entry=_lines(session, [entry])[0],
        hash=entry.hash,
        previous=entry.previous,
        intact=place.intact,
        follows=place.follows,
        followed=place.followed,
        anchor=_anchor_view(place.signed, is_signed=is_signed),
    )


def note_audit_look(work: Work, *, number: int) -> None:
    """Put a look at one entry into the audit."""
    work.attest(Deed("audit.shown", subject=f"audit_entry:{number}"))


def note_audit_export(work: Work) -> None:
    """Put it into the audit that it was taken out; before anything leaves."""
    work.attest(Deed("audit.exported"))


def audit_state(session: Session, *, is_signed: IsSigned, now: datetime) -> AuditState:
    """Return how the chain stands, and by whom one may search."""
    head = queries.find_head(session)
    people = staff_queries.list_staff(session)
    names = {one.id: one.name for one in people}
    check = queries.find_last_check(session)
    return AuditState(
        length=head.number if head else 0,
        anchor=_anchor_view(queries.find_newest_anchor(session), is_signed=is_signed),
        check=_check_view(check, names=names) if check else None,
        checking=queries.find_asked_check(session, since=now - PATIENCE) is not None,
        people=[AuditPerson(id=one.id, login=one.login, name=one.name, active=one.active) for one in people],
    )


# ---- reading it whole ------------------------------------------------------------------------------------


def ask_for_check(work: Work) -> None:
    """Have the whole chain read now, unless somebody has just asked for it."""
    work.attest(Deed("audit.check_asked"))
    if queries.find_asked_check(work.session, since=work.now - PATIENCE) is not None:
        return
    check = AuditCheck(id=new_id(), asked_at=work.now, asked_by=work.actor.id)
    work.session.add(check)
    work.enqueue("check_audit", {"check_id": check.id})


def begin_checking(work: Work) -> None:
    """Have the chain read every day from now on; after a start."""
    _check_next(work)


def keep_check(work: Work, *, check_id: str, checked: Checked) -> None:
    """Keep what a reading found. One that nobody asked for is the daily one, and the next follows."""
    check = work.session.get(AuditCheck, check_id) if check_id else None
    if check is None:
        check = AuditCheck(id=new_id(), asked_at=work.now, asked_by="")
        work.session.add(check)
    broken = checked.outcome.broken
    check.finished_at = work.now
    check.first, check.last = checked.first, checked.outcome.last.number
    check.signed_until = checked.signed_until
    check.broken_number = broken.number if broken else None
    check.broken_fault = broken.fault if broken else ""
    found, why = f"audit_entry:{broken.number}" if broken else "", check.broken_fault or "whole"
    work.attest(Deed("audit.checked", subject=found, why=why, record=f"audit_check:{check.id}"))
    if not check_id:
        _check_next(work)


def _check_next(work: Work) -> None:
    daily: dict[str, Any] = {"check_id": ""}
    work.enqueue("check_audit", daily, due_at=work.now + CHECK_EVERY, key="check_audit", not_later=True)


# ---- what is meant ---------------------------------------------------------------------------------------


def _sought(session: Session, question: AuditQuestion) -> SoughtDeeds:
    since, until = day_bounds(since=question.since, until=question.until)
    who, subject = question.who.strip(), tidy_words(question.subject)
    return SoughtDeeds(
        actor_kind=who if who in KINDS else None,
        actor_id=who if who and who not in KINDS else None,
        deed=question.deed.strip() or None,
        subjects=tuple(_subjects(session, subject)) if subject else None,
        why=question.why.strip() or None,
        since=since,
        until=until,
    )


def _subjects(session: Session, typed: str) -> Iterable[str]:
    """Return whatever may be meant: a subject, a conversation's number, a login, or an id of any kind."""
    if _SUBJECT.fullmatch(typed):
        return [typed]
    number = read_number(typed) if _NUMBER.fullmatch(typed) else None
    if number:
        found = search_queries.ids_by_number(session, number=number)
        return [f"conversation:{one}" for one in found]
    staff = staff_queries.find_staff_by_login(session, login=normal_login(typed))
    if staff:
        return [f"staff:{staff.id}"]
    return [f"{kind}:{typed}" for kind in ("conversation", "guardian", "recording", "staff")]


# ---- how it is shown -------------------------------------------------------------------------------------


def _place(session: Session, entry: Entry) -> Place:
    before, cut = queries.find_entry(session, number=entry.number - 1), queries.find_cut(session)
    begins = Link(cut.number, cut.hash) if cut and cut.number == entry.number - 1 else None
    previous = Link(before.number, before.hash) if before else begins
    return place_of(
        entry,
        before=Link() if entry.number == 1 else previous,
        after=queries.find_entry(session, number=entry.number + 1),
        signed=queries.find_anchor_over(session, number=entry.number),
        emptied=is_emptied(entry, cut=cut),
    )


def _lines(session: Session, entries: Sequence[Entry]) -> list[AuditLine]:
    of_kind: dict[str, set[str]] = {}
    for entry in entries:
        kind, _, named = entry.subject.partition(":")
        of_kind.setdefault(kind, set()).add(named)
        if entry.actor_kind == "staff":
            of_kind.setdefault("staff", set()).add(entry.actor_id)
    staff = staff_queries.names_of(session, staff_ids=of_kind.get("staff", ()))
    numbers = search_queries.numbers_of(session, conversation_ids=of_kind.get("conversation", ()))
    names = {f"staff:{one}": name for one, name in staff.items()}
    names |= {f"conversation:{one}": number for one, number in numbers.items()}
    return [_line(entry, names=names) for entry in entries]


def _line(entry: Entry, *, names: dict[str, str]) -> AuditLine:
    return AuditLine(
        number=entry.number,
        at=entry.at,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        actor_name=names.get(f"staff:{entry.actor_id}", "") if entry.actor_kind == "staff" else "",
        deed=entry.deed,
        subject=entry.subject,
        subject_name=names.get(entry.subject, ""),
        why=entry.why,
        record=entry.record,
        way=entry.way,
        view=entry.view,
        request_id=entry.request_id,
        address=entry.address,
    )


def _anchor_view(anchor: Anchor | None, *, is_signed: IsSigned) -> AnchorView | None:
    if anchor is None:
        return None
    return AnchorView(number=anchor.number, at=anchor.at, key_id=anchor.key_id, genuine=is_signed(anchor))


def _check_view(check: AuditCheck, *, names: dict[str, str]) -> CheckView:
    return CheckView(
        asked_by=names.get(check.asked_by, ""),
        finished_at=cast(datetime, check.finished_at),
        first=check.first,
        last=check.last,
        signed_until=check.signed_until,
        broken_number=check.broken_number,
        broken_fault=cast(Fault, check.broken_fault) if check.broken_fault else None,
    )
