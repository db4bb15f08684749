"""Messages under faults: providers down, slow or silent, a process that dies in between: attempts are exact."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from caredesk.actions import arrivals, call_up_sending, call_ups, metrics
from caredesk.actions.call_up_sending import Receipt, take_receipt
from caredesk.assistance.call_up_errors import CallUpOver, LegNotFound
from caredesk.assistance.call_up_models import CallUpLeg
from caredesk.assistance.call_up_rules import MOST_TRIES
from caredesk.core.outbox import JobRow
from caredesk.edge.call_up_jobs import send_message
from caredesk.infra.messages.loopback import Loopback, Taken
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
    """A mother who may be written to by SMS and never had a page: the SMS is the first thing that goes out."""
    family = called_family(desk, provider[0], url=provider[1])
    family.allow("sms")
    return family


def sms(called: Called, request_id: str) -> tuple[str, str]:
    [leg] = [leg for leg in called.legs(request_id) if leg.channel == "sms"]
    return leg.state, leg.reason


def leg_id(called: Called, request_id: str) -> str:
    return next(leg.id for leg in called.legs(request_id) if leg.channel == "sms")


def receipt(called: Called, taken: Taken, *, delivered: bool = True) -> None:
    with called.desk.write() as work:
        take_receipt(
            work, Receipt("sms", taken.provider_id, taken.request_id, delivered, "" if delivered else "ABSENT")
        )
    called.desk.run_jobs()


# ---- providers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["down", "lost", "slow", "busy"])
def test_after_a_fault_the_message_is_sent_again_and_arrives_once(called: Called, word: str) -> None:
    called.provider.script.extend([word, word])
    request_id = called.call()
    called.desk.run_jobs()
    assert sms(called, request_id)[0] == ("planned" if word == "busy" else "sending")
    called.provider.awake.set()
    called.after(3)
    called.after(5)
    assert sms(called, request_id) == ("sent", "")
    assert len(called.provider.taken) == 1


def test_a_refusal_for_good_is_not_repeated_and_the_ladder_climbs_at_once(called: Called) -> None:
    called.provider.script.append("refused")
    request_id = called.call()
    called.desk.run_jobs()
    assert called.told(request_id)[-2:] == [
        ("sms", "mother", "failed", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("telephone", "mother", "planned", ""),
    ]
    assert sum(called.provider.tries.values()) == 1


def test_a_provider_that_stays_away_is_given_up_and_a_person_can_send_again(called: Called) -> None:
    called.provider.script.extend(["down"] * MOST_TRIES)
    request_id = called.call()
    called.desk.run_jobs()
    for _ in range(MOST_TRIES):
        called.after(121)
    assert sms(called, request_id) == ("failed", "status_503")
    assert called.told(request_id)[-1][0] == "telephone", "nobody waits for the provider for ever"
    with called.desk.read() as session:
        [dead] = call_up_sending.list_dead(session)
    assert (dead.request_id, dead.tries, dead.to) == (request_id, MOST_TRIES, "138****1001")
    for _ in range(4):
        called.after(301)
    assert called.run_of(request_id).state == "exhausted"
    with called.desk.write() as work:
        call_up_sending.replay(work, leg_id=dead.id)
    called.desk.run_jobs()
    assert sms(called, request_id) == ("sent", "") and len(called.provider.taken) == 1
    with called.desk.read() as session:
        assert call_up_sending.list_dead(session) == []


def test_what_is_not_dead_and_what_is_over_is_not_sent_again(called: Called) -> None:
    called.provider.script.extend(["down"] * MOST_TRIES)
    request_id = called.call()
    called.desk.run_jobs()
    with pytest.raises(LegNotFound), called.desk.write() as work:
        call_up_sending.replay(work, leg_id=leg_id(called, request_id))
    for _ in range(MOST_TRIES):
        called.after(121)
    with called.desk.write() as work:
        call_ups.stop(work, request_id=request_id, why="withdrawn")
    with pytest.raises(CallUpOver), called.desk.write() as work:
        call_up_sending.replay(work, leg_id=leg_id(called, request_id))
    assert called.provider.taken == []


def test_a_hospital_without_a_provider_never_reads_that_a_message_was_sent(called: Called) -> None:
    object.__setattr__(called.desk.services.sms, "is_play", True)
    request_id = called.call()
    called.desk.run_jobs()
    assert sms(called, request_id) == ("failed", "no_provider")
    assert called.provider.taken == []


# ---- a process that dies ---------------------------------------------------------------------------------


def test_killed_between_sending_and_recording_the_message_arrives_once(called: Called) -> None:
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.climb(work, call_up_id=called.run_of(request_id).id)
    sent = send_message(called.desk.services, {"leg_id": leg_id(called, request_id)})
    assert sent is not None and sent.fate == "taken"
    # The process dies here: nothing is recorded, the job is still due.
    assert sms(called, request_id) == ("sending", "")
    called.desk.run_jobs()
    assert sms(called, request_id) == ("sent", "")
    assert len(called.provider.taken) == 1 and sum(called.provider.tries.values()) == 2
    with called.desk.read() as session:
        assert session.query(CallUpLeg).filter_by(channel="sms").one().tries == 1


def test_killed_before_sending_nothing_is_lost(called: Called) -> None:
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.climb(work, call_up_id=called.run_of(request_id).id)
    with called.desk.write() as work:
        assert call_up_sending.claim_message(work, leg_id=leg_id(called, request_id)) is not None
    called.desk.run_jobs()
    assert sms(called, request_id) == ("sent", "") and len(called.provider.taken) == 1


def test_two_runners_with_the_same_job_send_one_message(called: Called) -> None:
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.climb(work, call_up_id=called.run_of(request_id).id)
    payload = {"leg_id": leg_id(called, request_id)}
    both = [send_message(called.desk.services, payload) for _ in range(2)]
    for handed in both:
        with called.desk.write() as work:
            call_up_sending.keep_handed(work, leg_id=payload["leg_id"], handed=handed)
    called.desk.run_jobs()
    assert sms(called, request_id) == ("sent", "") and len(called.provider.taken) == 1


def test_nothing_is_sent_after_somebody_came(called: Called) -> None:
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.climb(work, call_up_id=called.run_of(request_id).id)
    with called.desk.write() as work:
        arrivals.arrive(work, patient_id=called.patient_id, guardian_id=None, by="webhook")
    called.after(600)
    assert called.provider.taken == []
    assert sms(called, request_id) == ("skipped", "arrived")


def test_who_comes_while_the_message_is_on_its_way_ends_it_and_what_follows(called: Called) -> None:
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.climb(work, call_up_id=called.run_of(request_id).id)
    sent = send_message(called.desk.services, {"leg_id": leg_id(called, request_id)})
    with called.desk.write() as work:
        arrivals.arrive(work, patient_id=called.patient_id, guardian_id=None, by="webhook")
    with called.desk.write() as work:
        call_up_sending.keep_handed(work, leg_id=leg_id(called, request_id), handed=sent)
    called.after(600)
    assert called.told(request_id)[-1] == ("sms", "mother", "sent", "")
    assert not [leg for leg in called.legs(request_id) if leg.ended_at is None]


def test_a_crash_and_an_arrival_send_nothing_again_and_say_that_nobody_knows(called: Called) -> None:
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.climb(work, call_up_id=called.run_of(request_id).id)
    send_message(called.desk.services, {"leg_id": leg_id(called, request_id)})
    with called.desk.write() as work:
        arrivals.arrive(work, patient_id=called.patient_id, guardian_id=None, by="webhook")
    called.desk.run_jobs()
    assert sms(called, request_id) == ("failed", "unsure")
    assert sum(called.provider.tries.values()) == 1


# ---- receipts --------------------------------------------------------------------------------------------


def test_a_receipt_says_that_it_arrived_and_twice_says_no_more(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    [taken] = called.provider.taken
    receipt(called, taken)
    first = called.legs(request_id)
    called.desk.clock.advance(seconds=5)
    for delivered in (True, False):
        receipt(called, taken, delivered=delivered)
    assert called.legs(request_id) == first and sms(called, request_id) == ("delivered", "")


def test_what_did_not_arrive_is_not_waited_for(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    receipt(called, called.provider.taken[0], delivered=False)
    assert called.told(request_id)[-2:] == [
        ("sms", "mother", "failed", "ABSENT"),
        ("telephone", "mother", "planned", ""),
    ]


def test_without_a_receipt_the_ladder_climbs_all_the_same(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    called.after(61)
    assert called.told(request_id)[-1] == ("telephone", "mother", "planned", "")
    receipt(called, called.provider.taken[0])
    assert sms(called, request_id) == ("delivered", ""), "a late receipt is still true"


def test_a_receipt_that_is_faster_than_the_answer_is_found_by_our_own_number(called: Called) -> None:
    request_id = called.call()
    with called.desk.write() as work:
        call_ups.climb(work, call_up_id=called.run_of(request_id).id)
    sent = send_message(called.desk.services, {"leg_id": leg_id(called, request_id)})
    receipt(called, called.provider.taken[0])
    with called.desk.write() as work:
        call_up_sending.keep_handed(work, leg_id=leg_id(called, request_id), handed=sent)
    assert sms(called, request_id) == ("delivered", "")


def test_a_receipt_for_nobody_changes_nothing(called: Called) -> None:
    request_id = called.call()
    called.desk.run_jobs()
    before = called.legs(request_id)
    with called.desk.write() as work:
        take_receipt(work, Receipt("sms", "no-such-number", "no-such-request", delivered=True))
        take_receipt(work, Receipt("wechat", called.provider.taken[0].provider_id, "", delivered=True))
        take_receipt(work, Receipt("sms", "", "", delivered=True))
    assert called.legs(request_id) == before


def test_when_all_is_over_no_job_of_the_call_up_is_left(called: Called) -> None:
    called.call()
    called.desk.run_jobs()
    with called.desk.write() as work:
        arrivals.arrive(work, patient_id=called.patient_id, guardian_id=None, by="webhook")
    called.after(3600)
    with called.desk.read() as session:
        names = {job.name for job in session.query(JobRow)}
    assert not names & {"climb_call_up", "send_leg", "say_on_page", "note_arrival"}


def test_dead_messages_of_the_last_day_are_told_to_the_monitoring_system(called: Called) -> None:
    called.provider.script.extend(["down"] * MOST_TRIES)
    called.call()
    called.desk.run_jobs()
    for _ in range(MOST_TRIES):
        called.after(121)
    assert dead_of_a_day(called) == 1
    called.desk.clock.advance(days=2)
    assert dead_of_a_day(called) == 0


def dead_of_a_day(called: Called) -> float:
    with called.desk.read() as session:
        figures = {one.name: one.values for one in metrics.list_figures(session, now=called.desk.clock.now())}
    return figures["caredesk_call_up_dead"][0][1]
