"""A message to all waiting families: said once to each, by what they allow, counted, and nobody learns of another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import broadcast_sending, broadcasts
from caredesk.actions.call_up_sending import Receipt
from caredesk.assistance.broadcast_errors import (
    BroadcastTooLate,
    NobodyWaits,
    SessionNotYours,
    SessionOver,
    WordsMedical,
    WordsNameSomebody,
)
from caredesk.assistance.broadcast_models import Broadcast, BroadcastLeg
from caredesk.assistance.broadcast_schemas import BroadcastView, Delay, EarlyEnd, What, Words
from caredesk.clinic.models import ClinicSession
from caredesk.conversations.models import Conversation, Entry
from caredesk.core.ids import new_id
from caredesk.floor.models import FloorAction
from caredesk.infra.messages.loopback import Loopback
from caredesk.patients.models import Appointment, Guardian, Guardianship, Patient
from tests.fixtures.called import Called, called_family
from tests.fixtures.desk import DeskForTests
from tests.fixtures.provider import SECRET

LATE = Delay(kind="delay", minutes=20)


@pytest.fixture
def provider(desk: DeskForTests) -> Iterator[tuple[Loopback, str]]:
    made = Loopback(desk.clock, SECRET)
    yield made, made.start()
    made.stop()


@pytest.fixture
def called(desk: DeskForTests, provider: tuple[Loopback, str]) -> Called:
    """Return a doctor in session with the families of 刘子墨 (mother) and of 王小满 (another mother)."""
    called = called_family(desk, provider[0], url=provider[1], who=("mother",))
    book(called, child="王小满", guardian="other", phone="13800002002")
    return called


def book(called: Called, *, child: str, guardian: str, phone: str) -> str:
    """Book another child into the session; return the visit."""
    with called.desk.write() as work:
        first = work.session.get_one(Appointment, called.appointment_id)
        called.guardians[guardian] = new_id()
        patient = Patient(id=new_id(), external_id=f"C-{guardian}", name=child)
        someone = Guardian(
            id=called.guardians[guardian],
            external_id=f"G-{guardian}",
            name="赵敏",
            phone=phone,
            phone_tail=phone[-4:],
        )
        work.session.add_all([patient, someone])
        work.session.flush()
        work.session.add(Guardianship(guardian_id=someone.id, patient_id=patient.id, relation="mother"))
        visit = Appointment(
            id=new_id(),
            external_id=f"A-{guardian}",
            patient_id=patient.id,
            guardian_id=someone.id,
            department_id=first.department_id,
            doctor_id=first.doctor_id,
            clinic_session_id=first.clinic_session_id,
            starts_at=first.starts_at + timedelta(minutes=15),
        )
        work.session.add(visit)
    return visit.id


def session_of(called: Called) -> str:
    with called.desk.read() as session:
        return session.scalars(select(ClinicSession.id)).one()


def send(called: Called, what: What = LATE, *, key: str | None = None) -> str:
    with called.desk.write() as work:
        sent = broadcasts.send(
            work,
            who=called.doctor,
            session_id=session_of(called),
            what=what,
            client_key=key or called.desk.key(),
        )
    called.desk.run_jobs()
    return sent.id


def view(called: Called) -> BroadcastView:
    with called.desk.read() as session:
        return broadcasts.sent_today(session, who=called.doctor, at=called.desk.clock.now())[0]


def ways(called: Called, guardian: str) -> list[tuple[str, str, str]]:
    with called.desk.read() as session:
        query = select(BroadcastLeg).where(BroadcastLeg.guardian_id == called.guardians[guardian])
        found = session.scalars(query.order_by(BroadcastLeg.planned_at, BroadcastLeg.id))
        return sorted((leg.channel, leg.state, leg.reason) for leg in found)


def notices(called: Called) -> list[tuple[str | None, str, dict[str, str]]]:
    """Return what stands on families' pages: whose, which notice, and what it is filled in with."""
    with called.desk.read() as session:
        rows = session.execute(
            select(Conversation.guardian_id, Entry.body)
            .join(Entry, Entry.conversation_id == Conversation.id)
            .where(Entry.sender == "broadcast")
            .order_by(Entry.created_at)
        )
        return [(guardian_id, body["code"], body["fields"]) for guardian_id, body in rows]


# ---- saying it -------------------------------------------------------------------------------------------


def test_every_family_is_told_on_its_own_page_and_by_what_it_allows(called: Called) -> None:
    called.open_page("mother")
    called.desk.clock.advance(minutes=10)
    called.allow("sms", "wechat", who="other")
    send(called)
    assert ways(called, "mother") == [
        ("in_app", "sent", ""),
        ("sms", "skipped", "no_consent"),
        ("wechat", "skipped", "no_consent"),
    ]
    assert ways(called, "other") == [("in_app", "skipped", "no_page"), ("wechat", "sent", "")]
    [(whose, code, fields)] = notices(called)
    assert (whose, code) == (called.guardians["mother"], "broadcast.delay")
    assert fields == {"department": "皮肤科", "department_en": "", "doctor": "林书瑶", "doctor_en": "", "minutes": "20"}
    shown = view(called)
    assert (shown.families, shown.delivered, shown.sent, shown.failed) == (2, 1, 1, 0)


def test_whoever_has_the_page_open_is_told_there_and_nowhere_else(called: Called) -> None:
    called.open_page("mother")
    called.allow("sms", "wechat")
    send(called)
    assert ways(called, "mother") == [("in_app", "sent", "")]


def test_what_goes_outside_is_a_registered_text_without_the_doctors_words(called: Called) -> None:
    called.allow("sms")
    send(called, Words(kind="words", text="请先打开摄像头和麦克风"))
    [taken] = called.provider.taken
    assert (taken.kind, taken.template) == ("sms", "SMS_9")
    assert taken.facts == {"department": "皮肤科", "doctor": "林书瑶"}


def test_the_end_of_a_session_is_told_with_its_time(called: Called) -> None:
    called.open_page("mother")
    send(called, EarlyEnd(kind="early_end", minutes=30))
    [(_, code, fields)] = notices(called)
    assert (code, fields["clock"]) == ("broadcast.early_end", "10:30")


def test_a_number_of_two_families_is_told_no_names(called: Called) -> None:
    book(called, child="陈一一", guardian="third", phone="13800001001")
    called.allow("sms", who="mother")
    send(called)
    assert [(one.template, one.facts) for one in called.provider.taken] == [("SMS_6", {})]


def test_one_family_with_two_children_is_told_once(called: Called) -> None:
    with called.desk.write() as work:
        first = work.session.get_one(Appointment, called.appointment_id)
        twin = Patient(id=new_id(), external_id="C-2", name="刘子轩")
        work.session.add(twin)
        work.session.flush()
        work.session.add(Guardianship(guardian_id=first.guardian_id, patient_id=twin.id, relation="mother"))
        visit = Appointment(
            id=new_id(),
            patient_id=twin.id,
            guardian_id=first.guardian_id,
            department_id="skin",
            doctor_id="lin",
            clinic_session_id=first.clinic_session_id,
            starts_at=first.starts_at,
        )
        work.session.add(visit)
    called.open_page("mother")
    send(called)
    assert len(notices(called)) == 1
    assert view(called).families == 2


def test_the_same_tap_twice_is_one_message(called: Called) -> None:
    called.open_page("mother")
    first = send(called, key="one-tap-01")
    assert send(called, key="one-tap-01") == first
    assert len(notices(called)) == 1
    with called.desk.read() as session:
        assert len(session.scalars(select(Broadcast)).all()) == 1
        [deed] = session.scalars(select(FloorAction)).all()
    assert (deed.what, deed.facts["families"]) == ("families_told", "2")


def test_looking_first_tells_how_many_and_sends_nothing(called: Called) -> None:
    called.open_page("mother")
    called.allow("sms", who="mother")
    with called.desk.read() as session:
        shown = broadcasts.preview(
            session, who=called.doctor, session_id=session_of(called), what=LATE, at=called.desk.clock.now()
        )
    assert (shown.families, shown.on_page, shown.by_sms, shown.unreachable) == (2, 1, 0, 1)
    assert called.desk.run_jobs() == 0 or not notices(called)


# ---- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["布洛芬每次5毫升，退烧后再吃", "孩子抽搐请立即拨打120", "请继续口服阿莫西林三天"])
def test_medical_words_go_to_nobody(called: Called, text: str) -> None:
    with pytest.raises(WordsMedical):
        broadcasts.checked(Words(kind="words", text=text), bot=called.desk.bot.current())


@pytest.mark.parametrize("text", ["门诊晚一点开始，请您耐心等候", "我在处理一位急诊患者，请稍等10分钟"])
def test_words_about_the_visit_are_fine(called: Called, text: str) -> None:
    what = Words(kind="words", text=f"  {text}\n")
    assert broadcasts.checked(what, bot=called.desk.bot.current()) == Words(kind="words", text=text)


@pytest.mark.parametrize("text", ["王小满请先进诊室", "请加我 138 0000 1111", "请打开 https://example.org/a"])
def test_words_about_one_of_them_go_to_nobody(called: Called, text: str) -> None:
    called.open_page("mother")
    with pytest.raises(WordsNameSomebody):
        send(called, Words(kind="words", text=text))
    assert notices(called) == []


def test_a_session_of_somebody_else_does_not_exist(called: Called) -> None:
    with pytest.raises(SessionNotYours), called.desk.write() as work:
        broadcasts.send(work, who=called.doctor, session_id=new_id(), what=LATE, client_key="a-key-000")


def test_a_cancelled_session_has_nobody_who_waits(called: Called) -> None:
    with called.desk.write() as work:
        work.session.scalars(select(ClinicSession)).one().status = "cancelled"
    with pytest.raises(SessionOver):
        send(called)


def test_whoever_has_been_seen_is_told_nothing(called: Called) -> None:
    with called.desk.write() as work:
        for visit in work.session.scalars(select(Appointment)):
            visit.status = "done"
    with pytest.raises(NobodyWaits):
        send(called)


# ---- on the way ------------------------------------------------------------------------------------------


def test_what_wechat_does_not_take_goes_by_text_message(called: Called) -> None:
    called.allow("wechat", "sms")
    called.provider.script.append("refused")
    send(called)
    assert ways(called, "mother") == [
        ("in_app", "skipped", "no_page"),
        ("sms", "sent", ""),
        ("wechat", "failed", "not_subscribed"),
    ]


def test_a_receipt_is_counted_and_one_that_did_not_arrive_is_told_as_failed(called: Called) -> None:
    called.allow("sms")
    send(called)
    with called.desk.write() as work:
        leg = work.session.scalars(select(BroadcastLeg).where(BroadcastLeg.state == "sent")).one()
        broadcast_sending.take_receipt(work, Receipt("sms", leg.provider_id, "", delivered=False, error="MK:0001"))
    shown = view(called)
    assert (shown.failed, shown.unreached) == (2, ["刘*", "王*"])
    with called.desk.write() as work:
        broadcast_sending.take_receipt(work, Receipt("sms", leg.provider_id, "", delivered=True))
    assert view(called).delivered == 0


def test_what_nobody_could_send_is_dead_and_sent_again_while_it_is_of_use(called: Called) -> None:
    called.allow("sms")
    called.provider.script.extend(["down"] * 6)
    send(called)
    for _ in range(8):
        called.after(130)
    with called.desk.read() as session:
        dead = session.scalars(select(BroadcastLeg).where(BroadcastLeg.dead.is_(True))).one()
    with called.desk.write() as work:
        broadcast_sending.replay(work, leg_id=dead.id)
    called.desk.run_jobs()
    assert ways(called, "mother")[1] == ("sms", "sent", "")
    assert len(called.provider.taken) == 1


def test_a_message_of_this_morning_is_not_sent_again_in_the_afternoon(called: Called) -> None:
    called.allow("sms")
    called.provider.script.extend(["down"] * 6)
    send(called)
    for _ in range(8):
        called.after(130)
    called.desk.clock.advance(hours=2)
    with called.desk.read() as session:
        dead = session.scalars(select(BroadcastLeg).where(BroadcastLeg.dead.is_(True))).one()
    with pytest.raises(BroadcastTooLate), called.desk.write() as work:
        broadcast_sending.replay(work, leg_id=dead.id)
