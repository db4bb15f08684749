"""The weekly review of what guardrails found: figures by kind and by person, one finding after another, a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import queries as staff_queries
from caredesk.accounts.access_rules import is_within
from caredesk.actions import access
from caredesk.actions.replies import AsStaff
from caredesk.conversations import archive_queries, line_queries, search_queries
from caredesk.core.cells import safe_cell
from caredesk.core.clock import clinic_time
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.guardrails import queries
from caredesk.guardrails.errors import FindingNotFound
from caredesk.guardrails.models import GuardrailFinding
from caredesk.guardrails.rules import KINDS, Verdict, name_of_week, week_of
from caredesk.guardrails.schemas import FindingView, GuardrailWeek, KindFigures, PersonFigures

LISTED = 200
"""How many findings of a week are shown; the table has all."""

COLUMNS = ("at", "kind", "side", "outcome", "reason", "conversation", "agent", "verdict", "judged_by")


def week_view(session: Session, *, week: str, now: datetime, who: AsStaff) -> GuardrailWeek:
    """Return a week's findings that somebody may see, with their figures; without a name, of the week that runs."""
    since, until = week_of(week or name_of_week(now))
    found = _seen(session, queries.list_findings(session, since=since, until=until), who=who)
    names = _names(session, found)
    return GuardrailWeek(
        week=name_of_week(since),
        first_day=clinic_time(since).date(),
        last_day=clinic_time(until - timedelta(days=1)).date(),
        previous=name_of_week(since - timedelta(days=1)),
        next=name_of_week(until) if until <= now else None,
        total=len(found),
        judged=sum(1 for one in found if one.verdict),
        kinds=[_kind_figures(kind, [one for one in found if one.kind == kind]) for kind in KINDS],
        people=_people(found, names=names),
        findings=_views(session, found[:LISTED], names=names),
    )


def note_week_looked_at(work: Work, *, week: GuardrailWeek) -> None:
    """Put it into the audit whose words a supervisor was shown."""
    work.attest(Deed("guardrails.reviewed", why=week.week))
    for conversation_id in dict.fromkeys(one.conversation_id for one in week.findings):
        work.attest(Deed("record.shown", subject=f"conversation:{conversation_id}"))


def _seen(session: Session, found: Sequence[GuardrailFinding], *, who: AsStaff) -> list[GuardrailFinding]:
    """Leave out the findings of talks that are neither within somebody's reach nor open for a purpose (ADR 0042)."""
    scope = access.scope_of(session, who=who)
    if scope.everything:
        return list(found)
    talks = line_queries.load_conversations(session, ids={one.conversation_id for one in found})
    seen = {
        talk.id for talk in talks.values() if is_within(scope, queue_id=talk.queue_id, assignee_id=talk.assignee_id)
    }
    if not scope.nothing:
        seen.update(access.opened_by(session, who=who))
    return [one for one in found if one.conversation_id in seen]


def judge(work: Work, *, finding_id: str, verdict: Verdict, who: AsStaff) -> None:
    """Note whether a finding was right or a false alarm; the last word counts. What is beyond `who` does not exist."""
    finding = queries.lock_finding(work.session, finding_id=finding_id)
    if not _seen(work.session, [finding], who=who.acting()):
        raise FindingNotFound
    finding.verdict, finding.judged_by, finding.judged_at = verdict, work.actor.id, work.now
    subject = f"conversation:{finding.conversation_id}"
    work.attest(Deed("guardrail.judged", subject=subject, why=verdict, record=f"guardrail_finding:{finding.id}"))


def week_table(session: Session, *, week: str, now: datetime, who: AsStaff) -> str:
    """Return a week's findings that somebody may see as CSV, without any words of families or agents."""
    since, until = week_of(week or name_of_week(now))
    found = _seen(session, queries.list_findings(session, since=since, until=until), who=who)
    names, numbers = _names(session, found), _numbers(session, found)
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    for one in found:
        people = (names.get(one.staff_id or "", ""), one.verdict, names.get(one.judged_by or "", ""))
        number = numbers.get(one.conversation_id, "")
        rows.writerow(
            (
                clinic_time(one.at).isoformat(),
                one.kind,
                one.side,
                one.outcome,
                one.reason,
                number,
                *map(safe_cell, people),
            )
        )
    return written.getvalue()


def note_table_taken(work: Work) -> None:
    """Put it into the audit that the table was taken out."""
    work.attest(Deed("guardrails.exported"))


# ---- figures ---------------------------------------------------------------------------------------------


def _kind_figures(kind: str, found: Sequence[GuardrailFinding]) -> KindFigures:
    outcomes = {outcome: _count(found, outcome=outcome) for outcome in ("masked", "alerted", "overridden", "changed")}
    right, false = (sum(1 for one in found if one.verdict == verdict) for verdict in ("right", "false"))
    return KindFigures.model_validate(
        {
            "kind": kind,
            "found": len(found),
            **outcomes,
            "right": right,
            "false": false,
            "precision": right / (right + false) if right + false else None,
        }
    )


def _people(found: Iterable[GuardrailFinding], *, names: Mapping[str, str]) -> list[PersonFigures]:
    of_person: dict[str, list[GuardrailFinding]] = {}
    for one in found:
        if one.side == "agent" and one.staff_id:
            of_person.setdefault(one.staff_id, []).append(one)
    figures = [
        PersonFigures(
            staff_id=staff_id,
            name=names.get(staff_id, ""),
            overridden=_count(theirs, outcome="overridden"),
            changed=_count(theirs, outcome="changed"),
            masked=_count(theirs, outcome="masked"),
            false=sum(1 for one in theirs if one.verdict == "false"),
        )
        for staff_id, theirs in of_person.items()
    ]
    return sorted(figures, key=lambda one: (-one.overridden, one.name))


def _count(found: Iterable[GuardrailFinding], *, outcome: str) -> int:
    return sum(1 for one in found if one.outcome == outcome)


# ---- how it is shown -------------------------------------------------------------------------------------


def _views(session: Session, found: Sequence[GuardrailFinding], *, names: Mapping[str, str]) -> list[FindingView]:
    numbers = _numbers(session, found)
    words = archive_queries.texts_of(session, entry_ids={one.entry_id for one in found})
    return [_view(one, names=names, number=numbers.get(one.conversation_id, ""), words=words) for one in found]


def _view(one: GuardrailFinding, *, names: Mapping[str, str], number: str, words: Mapping[str, str]) -> FindingView:
    return FindingView.model_validate(
        {
            "id": one.id,
            "at": one.at,
            "kind": one.kind,
            "side": one.side,
            "outcome": one.outcome,
            "reason": one.reason or None,
            "conversation_id": one.conversation_id,
            "number": number,
            "staff_name": names.get(one.staff_id or "", ""),
            "words": words.get(one.entry_id, ""),
            "start": one.start,
            "stop": one.stop,
            "verdict": one.verdict or None,
            "judged_by": names.get(one.judged_by or "", ""),
        }
    )


def _names(session: Session, found: Iterable[GuardrailFinding]) -> Mapping[str, str]:
    ids = {staff_id for one in found for staff_id in (one.staff_id, one.judged_by) if staff_id}
    return staff_queries.names_of(session, staff_ids=ids)


def _numbers(session: Session, found: Collection[GuardrailFinding]) -> Mapping[str, str]:
    return search_queries.numbers_of(session, conversation_ids={one.conversation_id for one in found})
