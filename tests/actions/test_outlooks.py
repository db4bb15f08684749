"""Looking ahead: who is judged, who is reminded and who is left alone, and what is learned from how it went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from caredesk.actions import arrivals, outlooks
from caredesk.assistance import outlook_queries as queries
from caredesk.assistance.call_up_models import CallUp
from caredesk.assistance.outlook_models import Outlook
from caredesk.assistance.outlook_rules import CONTROL_OF, RULE, Past, group_of, saved_by, score
from caredesk.edge.outlook_jobs import learned_from
from caredesk.infra.messages.loopback import Loopback
from caredesk.patients.models import Appointment
from tests.fixtures.called import Called, called_family
from tests.fixtures.desk import DeskForTests
from tests.fixtures.provider import SECRET


@pytest.fixture
def provider(desk: DeskForTests) -> Iterator[tuple[Loopback, str]]:
    made = Loopback(desk.clock, SECRET)
    yield made, made.start()
    made.stop()


@pytest.fixture
def called(desk: DeskForTests, provider: tuple[Loopback, str]) -> Called:
    """A visit in ten minutes whose id falls into the group that is reminded."""
    family = called_family(desk, provider[0], url=provider[1])
    family.allow("sms")
    with family.desk.write() as work:
        visit = work.session.get_one(Appointment, family.appointment_id)
        visit.starts_at = work.now + timedelta(minutes=10)
        visit.id = family.appointment_id = next(
            name for name in (f"visit-{n}" for n in range(99)) if group_of(name, value=0.9) == "reminded"
        )
    return family


def look(called: Called) -> Outlook:
    with called.desk.write() as work:
        outlooks.look_ahead(work, minutes=15)
    with called.desk.read() as session:
        return session.query(Outlook).one()


def reminders(called: Called) -> list[CallUp]:
    with called.desk.read() as session:
        return session.query(CallUp).filter_by(ladder_key="reminder").all()


def test_who_was_never_here_is_reminded_once_and_told_why(called: Called) -> None:
    outlook = look(called)
    look(called)
    called.desk.run_jobs()
    assert outlook.score > 0.5 and outlook.weights == "rule" and outlook.group == "reminded"
    assert outlook.reasons[:2] == ["long_away", "never_here"]
    [sms] = called.provider.taken
    assert (sms.template, sms.facts) == ("SMS_3", {"department": "皮肤科", "doctor": "林书瑶"})
    assert len(reminders(called)) == 1


def test_who_has_just_been_here_and_checked_in_is_left_in_peace(called: Called) -> None:
    called.open_page()
    with called.desk.write() as work:
        work.session.get_one(Appointment, called.appointment_id).status = "checked_in"
    called.desk.clock.advance(minutes=5)
    assert look(called).group == "none"
    called.desk.run_jobs()
    assert called.provider.taken == []


def test_who_is_online_now_is_not_reminded_whatever_the_score(called: Called) -> None:
    called.open_page()
    assert look(called).group == "none"


def test_visits_that_are_far_off_or_over_are_not_judged(called: Called) -> None:
    with called.desk.write() as work:
        outlooks.look_ahead(work, minutes=5)
    with called.desk.write() as work:
        work.session.get_one(Appointment, called.appointment_id).status = "cancelled"
    with called.desk.write() as work:
        outlooks.look_ahead(work, minutes=15)
    with called.desk.read() as session:
        assert session.query(Outlook).count() == 0


def test_a_desk_that_does_not_look_ahead_leaves_no_job(called: Called) -> None:
    with called.desk.write() as work:
        outlooks.begin_looking(work, minutes=0)
        outlooks.look_ahead(work, minutes=0)
    assert called.desk.run_jobs() == 0


def test_a_reminder_ends_when_the_doctor_calls_and_when_it_is_done(called: Called) -> None:
    look(called)
    request_id = called.call()
    [reminder] = reminders(called)
    assert (reminder.state, reminder.why) == ("stopped", "called")
    called.desk.run_jobs()
    assert [leg.channel for leg in called.legs(request_id)][-1] == "sms"
    assert len(called.provider.taken) == 1


def test_a_reminder_that_brings_the_family_ends_with_it(called: Called) -> None:
    look(called)
    called.desk.run_jobs()
    with called.desk.write() as work:
        assert len(arrivals.arrive(work, patient_id=called.patient_id, guardian_id=None, by="presence")) == 1
    [reminder] = reminders(called)
    assert reminder.state == "arrived"


def test_a_reminder_whose_last_rung_is_done_calls_nobody_and_telephones_nobody(called: Called) -> None:
    look(called)
    for _ in range(6):
        called.after(301)
    [reminder] = reminders(called)
    assert (reminder.state, reminder.why) == ("stopped", "exhausted")
    assert len(called.provider.taken) == 1


def test_what_became_of_it_is_known_from_the_doctors_call(called: Called) -> None:
    look(called)
    called.call()
    called.desk.clock.advance(minutes=4)
    with called.desk.write() as work:
        arrivals.arrive(work, patient_id=called.patient_id, guardian_id=None, by="webhook")
    now = called.desk.clock.now()
    with called.desk.read() as session:
        [past] = outlooks.pasts_between(session, since=now - timedelta(days=1), now=now)
    assert (past.group, past.called, past.was_online, past.waited) == ("reminded", True, False, timedelta(minutes=4))


# ---- groups and learning ---------------------------------------------------------------------------------


def test_chance_by_the_visits_id_leaves_one_in_five_alone_and_always_the_same() -> None:
    groups = [group_of(f"visit-{n}", value=0.8) for n in range(5000)]
    assert groups == [group_of(f"visit-{n}", value=0.8) for n in range(5000)]
    assert abs(groups.count("control") / 5000 - 1 / CONTROL_OF) < 0.02
    assert group_of("visit-1", value=0.4) == "none"


def pasts(*, count: int, seed: int = 7) -> list[Past]:
    """Return visits of families who are hardly there when they were never here, and there otherwise."""
    chance = Random(seed)
    made = []
    for _ in range(count):
        never = float(chance.random() < 0.4)
        parts = {"never_here": never, "long_away": chance.random(), "missed_before": chance.random()}
        missing = chance.random() < (0.9 if never else 0.1)
        made.append(Past("none", parts, done=True, called=True, was_online=not missing))
    return made


def test_with_enough_outcomes_the_weights_are_learned_and_judged_by_later_ones() -> None:
    learned = learned_from(pasts(count=400))
    assert learned is not None and learned.outcomes == 400
    assert learned.error < learned.error_of_rule < 0.35
    assert learned.parts["never_here"] > 2 * abs(learned.parts["missed_before"])


def test_too_few_or_one_sided_outcomes_teach_nothing() -> None:
    assert learned_from(pasts(count=150)) is None
    assert learned_from([Past("none", {}, done=True, called=False)] * 500) is None
    assert learned_from([Past("reminded", {}, done=True, called=True)] * 500) is None


@pytest.mark.parametrize(("error", "used"), [(0.1, True), (0.3, False)])
def test_what_was_learned_is_used_only_while_it_is_better_than_the_rule(
    called: Called, *, error: float, used: bool
) -> None:
    learned = outlooks.Learned(base=0.5, parts={"never_here": 2.0}, outcomes=300, error=error, error_of_rule=0.2)
    with called.desk.write() as work:
        outlooks.keep_learned(work, learned=learned)
    with called.desk.read() as session:
        weights = queries.weights_in_use(session)
    assert (weights.name != "rule") is used
    assert (score({"never_here": 1.0}, weights=weights) > 0.9) is used


def test_what_reminding_saves_is_told_once_both_groups_have_somebody() -> None:
    waited = [
        Past("control", {}, done=True, called=True, waited=timedelta(minutes=6)),
        Past("control", {}, done=True, called=True, waited=timedelta(minutes=4)),
        Past("reminded", {}, done=True, called=True, waited=timedelta(minutes=2)),
        Past("reminded", {}, done=True, called=False),
        Past("reminded", {}, done=False, called=False, waited=timedelta(hours=9)),
    ]
    saved = saved_by(waited)
    assert (saved.control, saved.reminded, saved.minutes_saved) == (2, 2, 4.0)
    assert saved_by(waited[:2]).minutes_saved is None
    assert score({}, weights=RULE) < 0.2
