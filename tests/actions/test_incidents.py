"""An incident from its declaration to its report; drills are the same, and parents see nothing of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import incident_reports, incidents
from caredesk.audit.models import AuditEntry
from caredesk.continuity.errors import IncidentEnded, IncidentGoesOn, IncidentNotFound, IncidentWordsInvalid
from caredesk.continuity.incident_rules import kinds
from caredesk.continuity.schemas import IncidentReport
from caredesk.core.work import Actor
from tests.fixtures.desk import DeskForTests

WANG = Actor(kind="staff", id="wang", name="王丽", roles=frozenset({"supervisor"}))


def declare(desk: DeskForTests, *, drill: bool = False, kind: str = "platform") -> str:
    with desk.write(actor=WANG) as work:
        return incidents.declare(work, kind=kind, drill=drill, reason="  页面打不开 ").id


def add(desk: DeskForTests, incident_id: str, what: str, *, item: str = "", text: str = "") -> None:
    with desk.write(actor=WANG) as work:
        incidents.add_entry(work, incident_id=incident_id, what=what, item=item, text=text)  # type: ignore[arg-type]


def end(desk: DeskForTests, incident_id: str) -> IncidentReport:
    with desk.write(actor=WANG) as work:
        incident = incidents.end(work, incident_id=incident_id, text="已换备用线路")
        return incident_reports.keep_report(work, incident)


def told_to_parents(desk: DeskForTests) -> bool:
    with desk.read() as session:
        return incidents.told_to_parents(session) is not None


def test_an_incident_is_worked_by_its_checklist_and_ends_with_a_report_that_the_audit_knows(desk: DeskForTests) -> None:
    desk.add_queue()
    desk.waiting_visitor()
    incident_id = declare(desk)
    (told,) = desk.push.of_type("incident.changed")
    assert told.incident.respond_by - told.incident.declared_at == timedelta(minutes=30)
    desk.clock.advance(minutes=12)
    add(desk, incident_id, "ticked", item="call_it")
    add(desk, incident_id, "ticked", item="print_list")
    add(desk, incident_id, "unticked", item="print_list")
    add(desk, incident_id, "parents_told")
    assert told_to_parents(desk)
    desk.clock.advance(minutes=18)
    report = end(desk, incident_id)
    assert not told_to_parents(desk)
    assert [step.key for step in report.course.steps if step.done] == ["call_it"]
    assert report.course.entries[0].what == "declared"
    assert (report.figures.minutes, report.figures.response_minutes) == (30, 12)
    assert (report.figures.waited, report.figures.lost, report.figures.longest_wait_seconds) == (1, 0, 1800)
    with desk.read() as session:
        again = incident_reports.report_of(session, incident_id=incident_id, now=desk.clock.now())
        record = session.scalars(select(AuditEntry.record).where(AuditEntry.deed == "incident.ended")).one()
    assert (again, record) == (report, f"sha256:{report.sum}")


def test_a_drill_is_the_same_but_parents_see_nothing_and_a_real_one_ends_it(desk: DeskForTests) -> None:
    drill = declare(desk, drill=True)
    add(desk, drill, "parents_told")
    assert not told_to_parents(desk)
    with pytest.raises(IncidentGoesOn):
        declare(desk, drill=True)
    real = declare(desk)
    with desk.read() as session:
        assert [one.id for one in incidents.list_open(session)] == [real]
        report = incident_reports.report_of(session, incident_id=drill, now=desk.clock.now())
    assert report.course.incident.ended_at == desk.clock.now()


def test_what_is_over_takes_nothing_more_and_what_says_nothing_changes_nothing(desk: DeskForTests) -> None:
    with pytest.raises(IncidentWordsInvalid):
        declare(desk, kind="weather")
    incident_id = declare(desk)
    for what, item, text in (("noted", "", "  "), ("noted", "", "长" * 501), ("ticked", "dance", "")):
        with pytest.raises(IncidentWordsInvalid):
            add(desk, incident_id, what, item=item, text=text)
    end(desk, incident_id)
    with pytest.raises(IncidentEnded):
        add(desk, incident_id, "noted", text="补记")
    with pytest.raises(IncidentNotFound):
        add(desk, "nobody", "noted", text="补记")


def test_every_kind_says_all_in_both_languages_and_ends_by_telling_who_leads() -> None:
    for kind in kinds().values():
        words = [kind.name, kind.parents, *dict(kind.steps).values()]
        assert all(one.zh.strip() and one.en.strip() for one in words)
        assert list(dict(kind.steps))[-1] == "tell_head"
