"""Calling a family up: the ladder climbs, the assistant's word counts, and it stops when it must."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from caredesk.actions import arrivals, assist, call_ups, chat
from caredesk.actions.call_up_contacts import consents_of, lift_mark
from caredesk.assistance import call_up_queries as queries
from caredesk.assistance.call_up_errors import CallUpOver, LegNotFound, PromiseMissing
from caredesk.assistance.call_up_schemas import Ladder, Step
from caredesk.conversations.models import Entry
from caredesk.edge import watching
from caredesk.infra.messages.loopback import Loopback
from caredesk.patients.models import Guardian, Guardianship, Patient
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
    return called_family(desk, provider[0], url=provider[1], who=("mother", "father"))


def test_the_ladder_climbs_from_the_page_to_the_telephone_and_tells_both(called: Called) -> None:
    called.open_page("mother")
    called.allow("wechat", "sms")
    called.allow("sms", who="father")
    called.desk.clock.advance(minutes=10)
    request_id = called.call()
    called.desk.run_jobs()
    for _ in range(4):
        called.after(60)
    assert called.told(request_id) == [
        ("in_app", "mother", "sent", ""),
        ("in_app", "father", "skipped", "no_page"),
        ("wechat", "mother", "sent", ""),
        ("wechat", "father", "skipped", "no_consent"),
        ("sms", "mother", "sent", ""),
        ("sms", "father", "sent", ""),
        ("telephone", "mother", "planned", ""),
    ]
    assert [(one.kind, one.to, one.template) for one in called.provider.taken] == [
        ("wechat", "o-mother", "SMS_1"),
        ("sms", "13800001001", "SMS_1"),
        ("sms", "13800001002", "SMS_1"),
    ]
    assert called.provider.taken[1].facts == {"department": "皮肤科", "doctor": "林书瑶"}
    assert [leg.to for leg in called.legs(request_id)][-1] == "138****1001"


def test_calling_twice_is_calling_once(called: Called) -> None:
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.start(
            work,
            request_id=request_id,
            conversation_id=None,
            patient_id=called.patient_id,
            appointment_id=called.appointment_id,
            ladder="call_up",
        )
    assert called.run_of(request_id).state == "running"


def test_a_message_on_the_page_disturbs_no_talk(called: Called) -> None:
    visitor_id = called.open_page()
    said = called.desk.say(visitor_id, "您好")
    before = called.desk.conversation(said.conversation.id)
    called.desk.clock.advance(minutes=5)
    request_id = called.call()
    called.desk.run_jobs()
    after = called.desk.conversation(said.conversation.id)
    assert called.told(request_id)[0] == ("in_app", "mother", "sent", "")
    assert (after.status, after.unread, after.last_message) == (before.status, before.unread, before.last_message)
    with called.desk.read() as session:
        [notice] = session.query(Entry).filter(Entry.conversation_id == after.id, Entry.sender == "call_up")
    assert notice.patient_seq is not None
    assert notice.body["code"] == "call_up.call_up" and notice.body["fields"]["child"] == "刘*"


def test_nobody_to_tell_is_exhausted_and_a_late_arrival_still_counts(called: Called) -> None:
    with called.desk.write() as work:
        for guardian in work.session.query(Guardian):
            guardian.phone = "12345"
    request_id = called.call()
    called.desk.run_jobs()
    assert {reason for *_, reason in called.told(request_id)} == {"no_page", "no_consent", "bad_phone"}
    assert called.run_of(request_id).state == "exhausted"
    with called.desk.write() as work:
        assert arrivals.arrive(work, patient_id=called.patient_id, guardian_id=None, by="webhook") == [request_id]
    assert called.run_of(request_id).state == "arrived"


def test_a_telephone_task_that_nobody_takes_up_ends_and_the_next_begins(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    assert called.told(request_id)[-1] == ("telephone", "mother", "planned", "")
    called.after(301)
    assert called.told(request_id)[-2:] == [
        ("telephone", "mother", "failed", "not_dialled"),
        ("telephone", "father", "planned", ""),
    ]
    for _ in range(6):
        called.after(301)
    assert called.run_of(request_id).state == "exhausted"
    assert not [leg for leg in called.legs(request_id) if leg.ended_at is None]


# ---- the assistant's word --------------------------------------------------------------------------------


def say(
    called: Called, request_id: str, outcome: str, *, minutes: int | None = None, leg_id: str | None = None
) -> None:
    with called.desk.write() as work:
        call_ups.record_outcome(
            work,
            request_id=request_id,
            staff_id="a-staff-id",
            outcome=outcome,  # type: ignore[arg-type]
            promised_at=work.now + timedelta(minutes=minutes) if minutes is not None else None,
            leg_id=leg_id,
        )
    called.desk.run_jobs()


def test_nobody_answered_so_the_next_of_the_family_is_called_and_then_again(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    say(called, request_id, "no_answer", leg_id=called.legs(request_id)[-1].id)
    assert called.told(request_id)[-2:] == [
        ("telephone", "mother", "failed", "no_answer"),
        ("telephone", "father", "planned", ""),
    ]
    say(called, request_id, "no_answer")
    called.after(121)
    last = called.legs(request_id)[-1]
    assert (last.relation, last.attempt, last.state) == ("mother", 2, "planned")


def test_who_is_coming_is_left_in_peace_and_called_again_when_they_do_not_come(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    say(called, request_id, "coming")
    assert called.told(request_id)[-1] == ("telephone", "mother", "answered", "")
    called.after(240)
    assert called.legs(request_id)[-1].outcome == "coming"
    called.after(61)
    assert called.told(request_id)[-1] == ("telephone", "father", "planned", "")


def test_a_promise_holds_until_its_time_and_is_told(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    with pytest.raises(PromiseMissing):
        say(called, request_id, "promised")
    with pytest.raises(PromiseMissing):
        say(called, request_id, "promised", minutes=-30)
    say(called, request_id, "promised", minutes=20)
    called.after(20 * 60)
    assert called.told(request_id)[-1] == ("telephone", "mother", "answered", "")
    called.after(121)
    assert called.told(request_id)[-1] == ("telephone", "father", "planned", "")


def test_a_wrong_number_is_never_used_again_for_anybody(called: Called) -> None:
    with called.desk.write() as work:
        for guardian in work.session.query(Guardian):
            guardian.phone = "13800001001"
    called.allow("sms")
    request_id = called.call()
    called.desk.run_jobs()
    called.after(61)
    say(called, request_id, "wrong_number")
    for _ in range(3):
        called.after(301)
    after = called.told(request_id)[
        called.told(request_id).index(("telephone", "mother", "failed", "wrong_number")) + 1 :
    ]
    assert after and {state for _, _, state, _ in after} == {"skipped"}
    with called.desk.write() as work:
        assist.end(
            work,
            assist.queries.get_request(work.session, request_id=request_id),
            conversation=assist.conversation_queries.lock_conversation(
                work.session, conversation_id=called.run_of(request_id).conversation_id or ""
            ),
            outcome="withdrawn",
            by="doctor",
        )
        call_ups.stop(work, request_id=request_id, why="withdrawn")
    called.desk.run_jobs()
    taken = len(called.provider.taken)
    again = called.call()
    called.desk.run_jobs()
    called.after(120)
    assert len(called.provider.taken) == taken
    assert "planned" not in {leg.state for leg in called.legs(again)}


@pytest.mark.parametrize("outcome", ["refused", "already_visited"])
def test_some_answers_end_the_calling(called: Called, outcome: str) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    say(called, request_id, outcome)
    run = called.run_of(request_id)
    assert (run.state, run.why) == ("stopped", outcome)
    with pytest.raises(CallUpOver):
        say(called, request_id, "coming")


def test_an_assistant_who_calls_before_the_ladder_does_takes_its_turn(called: Called) -> None:
    called.allow("sms")
    called.open_page()
    request_id = called.call()
    called.desk.run_jobs()
    say(called, request_id, "no_answer")
    assert called.told(request_id)[-1] == ("telephone", "mother", "failed", "no_answer")
    for _ in range(3):
        called.after(130)
    calls = [(leg.relation, leg.attempt) for leg in called.legs(request_id) if leg.channel == "telephone"]
    assert calls == [("mother", 1), ("father", 1)]


def test_a_word_about_an_attempt_that_is_not_open_changes_nothing(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    before = called.told(request_id)
    with pytest.raises(LegNotFound):
        say(called, request_id, "coming", leg_id=called.legs(request_id)[0].id)
    assert called.told(request_id) == before


# ---- stopping --------------------------------------------------------------------------------------------


def test_what_is_planned_is_not_done_after_the_request_is_withdrawn(called: Called) -> None:
    called.allow("sms", "wechat")
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.climb(work, call_up_id=called.run_of(request_id).id)
        call_ups.stop(work, request_id=request_id, why="withdrawn")
    called.desk.run_jobs()
    called.after(600)
    assert called.provider.taken == []
    assert called.told(request_id)[-1] == ("wechat", "mother", "skipped", "withdrawn")


# ---- whose child -----------------------------------------------------------------------------------------


def test_a_number_that_another_family_has_too_is_told_no_name(called: Called) -> None:
    with called.desk.write() as work:
        work.session.add_all(
            [
                Guardian(id="other", name="陌生人", phone="138-0000-1001", phone_tail="1001"),
                Patient(id="other-child", name="另一个孩子"),
            ]
        )
        work.session.flush()
        work.session.add(Guardianship(guardian_id="other", patient_id="other-child", relation="mother"))
    called.allow("sms")
    called.call()
    called.desk.run_jobs()
    [sms] = called.provider.taken
    assert (sms.template, sms.facts) == ("SMS_2", {})


def test_one_phone_of_three_children_is_told_of_each_by_its_own_call_up_only(called: Called) -> None:
    called.allow("sms")
    with called.desk.write() as work:
        for number in (2, 3):
            work.session.add(Patient(id=f"child-{number}", name=f"孩子{number}"))
            work.session.flush()
            mother = called.guardians["mother"]
            work.session.add(Guardianship(guardian_id=mother, patient_id=f"child-{number}", relation="mother"))
    called.call()
    called.desk.run_jobs()
    [sms] = called.provider.taken
    assert (sms.template, sms.facts["doctor"]) == ("SMS_1", "林书瑶")


# ---- ladders and consent as data -------------------------------------------------------------------------


def test_a_changed_ladder_is_a_new_version_and_touches_no_run_under_way(called: Called) -> None:
    request_id = called.call()
    short = Ladder(key="call_up", steps=(Step(channel="telephone", text="call_up"),))
    with called.desk.write() as work:
        assert queries.put_ladder(work.session, short, by="test", now=work.now) == 1
        assert queries.put_ladder(work.session, short, by="test", now=work.now) == 2
        assert queries.get_ladder(work.session, key="call_up") == short
        assert queries.versions_of_ladders(work.session) == {"call_up": 2}
    called.desk.run_jobs()
    assert called.legs(request_id)[0].channel == "in_app"


def test_consent_is_the_last_word_with_who_noted_it(called: Called) -> None:
    called.allow("sms")
    called.allow("sms", given=False)
    with called.desk.read() as session:
        found = {one.channel: one.allowed for one in consents_of(session, guardian_id=called.guardians["mother"])}
    assert found == {"in_app": True, "wechat": False, "sms": False, "telephone": True}


def test_a_read_message_of_the_page_is_an_arrival(called: Called) -> None:
    visitor_id = called.open_page()
    request_id = called.call()
    called.desk.run_jobs()
    with called.desk.read() as session:
        conversation = chat.queries.find_open_conversation(session, visitor_id=visitor_id)
        assert conversation is not None
    assert called.run_of(request_id).state == "running", "a page that stood open is no arrival"
    with called.desk.write() as work:
        chat.mark_read(work, visitor_id=visitor_id, conversation_id=conversation.id, up_to=conversation.patient_seq)
    called.desk.run_jobs()
    run = called.run_of(request_id)
    assert (run.state, run.arrived_by) == ("arrived", "presence")


def test_a_number_marked_wrong_by_mistake_is_used_again_after_it_is_lifted(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    say(called, request_id, "wrong_number")
    with called.desk.write() as work:
        assert lift_mark(work, phone="138 0000 1001")
        assert not lift_mark(work, phone="138 0000 1001")
    say(called, request_id, "no_answer")
    called.after(121)
    last = called.legs(request_id)[-1]
    assert (last.relation, last.attempt, last.state) == ("mother", 2, "planned")


# ---- pages that are seen ---------------------------------------------------------------------------------


def beat(called: Called, *visitor_ids: str) -> None:
    """Have the live connections of some pages noted, as it happens every few seconds."""
    watching.note_present(called.desk.services, visitor_ids=visitor_ids)
    called.desk.run_jobs()


def test_a_page_that_comes_back_after_the_call_is_an_arrival(called: Called) -> None:
    visitor_id = called.open_page("father")
    called.desk.clock.advance(minutes=5)
    request_id = called.call()
    called.desk.run_jobs()
    beat(called, visitor_id)
    run = called.run_of(request_id)
    assert (run.state, run.arrived_by, run.arrived_guardian_id) == ("arrived", "presence", called.guardians["father"])


def test_a_page_that_stays_open_is_no_arrival_until_it_has_gone_and_come_back(called: Called) -> None:
    visitor_id = called.open_page()
    request_id = called.call()
    called.desk.run_jobs()
    beat(called, visitor_id)
    assert called.run_of(request_id).state == "running"
    called.after(121)
    called.after(301)
    beat(called, visitor_id)
    assert called.run_of(request_id).state == "arrived"


def test_pages_of_others_and_of_nobody_bring_nobody(called: Called) -> None:
    stranger = called.desk.visit().visitor.id
    request_id = called.call()
    called.desk.run_jobs()
    beat(called, stranger)
    beat(called)
    assert called.run_of(request_id).state == "running"
