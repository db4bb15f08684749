"""Erasing a family: two people decide, a job forgets, the law's part lies sealed, and nobody else loses anything."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from caredesk.actions import archiving, chat, erasing, holds, personal_keys, pictures, retaining, visits
from caredesk.actions.audit_checks import Keys, check_chain
from caredesk.actions.families import family_card
from caredesk.actions.family_imports import import_families
from caredesk.actions.records import Question, search_records
from caredesk.actions.summaries import summary_of
from caredesk.actions.timeline import timeline_entry
from caredesk.assistance.call_up_models import ContactConsent
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation, Visitor
from caredesk.conversations.pictures import CheckedPicture
from caredesk.core.data_keys import DataKey
from caredesk.core.errors import NotFound
from caredesk.core.ids import new_id
from caredesk.core.outbox import list_events_after
from caredesk.core.work import Actor
from caredesk.patients import erasure_queries, queries
from caredesk.patients.incoming import FamilyRow
from caredesk.patients.models import Guardian, Guardianship, Parcel, Patient, Prescription
from caredesk.retention import queries as retention_queries
from caredesk.retention.errors import ErasureNotYet, ErasureUnderWay, FamilyNotErasable, OwnErasure
from caredesk.retention.models import Erasure, KeptRecord
from caredesk.telephony.models import Call
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import ADDRESS, ID_NUMBER, PHONE, add_family, conversation_of_family
from tests.fixtures.stored import state_of

NAME, CHILD, CHILDS_DAY = "王小明", "王乐乐", "2022-05-20"
VALUES = (NAME, CHILD, PHONE, ADDRESS, ID_NUMBER, CHILDS_DAY)
SECRET = f"我是{NAME}，电话{PHONE}，孩子{CHILD}，住{ADDRESS}"
FOUR_YEARS = timedelta(days=4 * 366)


class Crash(Exception):
    """The process ends between two steps."""


ANN, BEN = Actor("staff", new_id(), "安"), Actor("staff", new_id(), "本")


@pytest.fixture
def family(desk: DeskForTests) -> str:
    """A family whose parcel has come and who wrote all that it is into a talk that is over, and one of long ago."""
    guardian_id = add_family(desk, name=NAME, child=CHILD)
    with desk.write() as work:
        guardian = queries.get_guardian(work.session, guardian_id=guardian_id)
        guardian.id_number = ID_NUMBER
        for parcel in work.session.scalars(select(Parcel)):
            parcel.status = "delivered"
        consent = ContactConsent(guardian_id=guardian_id, channel="sms", state="given", at=work.now, by="parent")
        work.session.add(consent)
    talk_over(desk, guardian_id, days_ago=FOUR_YEARS)
    talk_over(desk, guardian_id)
    return guardian_id


def talk_over(desk: DeskForTests, guardian_id: str, *, days_ago: timedelta = timedelta()) -> str:
    """Have a family write all that it is and close the talk, so long ago; return the conversation."""
    visitor_id, conversation_id = conversation_of_family(desk, guardian_id=guardian_id, text=SECRET)
    with desk.write() as work:
        conversation = chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)
    with desk.write() as work:
        found = work.session.get(Conversation, conversation_id)
        assert found is not None and found.closed_at is not None, conversation
        found.close_note, found.closed_at = SECRET, found.closed_at - days_ago
    return conversation_id


def ask(desk: DeskForTests, guardian_id: str) -> str:
    with desk.write(actor=ANN) as work:
        return erasing.ask_erasure(work, guardian_id=guardian_id, ground="request")


def erase(desk: DeskForTests, guardian_id: str) -> Erasure:
    """Have a family erased by two people and the jobs; return the erasure."""
    erasure_id = ask(desk, guardian_id)
    with desk.write(actor=BEN) as work:
        erasing.allow_erasure(work, erasure_id=erasure_id)
    desk.run_jobs()
    with desk.read() as session:
        return retention_queries.get_erasure(session, erasure_id=erasure_id)


def standing(desk: DeskForTests, values: Iterable[str] = VALUES) -> set[tuple[str, str]]:
    """Return in which tables which of a family's values stand, read as the program reads them: opened.

    What the law keeps is the one place where they may.
    """
    with desk.read() as session:
        state = state_of(session, without=frozenset({"kept_record"}))
    told = {table: str(list(rows.values())) for table, rows in state.items()}
    return {(table, value) for table, text in told.items() for value in values if value in text}


def test_nothing_of_an_erased_family_is_left_in_any_table_or_file(desk: DeskForTests, family: str) -> None:
    with desk.write() as work:
        assert archiving.archive_some(work, months=14) is not None
    assert {table for table, _ in standing(desk)} >= {"guardian", "patient", "entry", "archived_entry", "event"}
    done = erase(desk, family)
    assert (done.state, done.gone["conversation"], done.kept["conversation"]["count"]) == ("done", 2, 1)
    assert standing(desk) == set()
    files = [path for path in desk.services.settings.data_dir.rglob("*") if path.is_file()]
    assert [(path.name, one) for path in files for one in VALUES if one.encode() in path.read_bytes()] == []
    certificate = desk.services.settings.data_dir / "erasures" / f"{done.id}.json"
    assert done.certificate and family in certificate.read_text()
    # In the night SQLite's file is written anew, and then also what rows have left behind is gone.
    desk.clock.advance(days=1)
    desk.run_jobs()
    raw = desk.services.store.engine.url.database or ""
    if desk.services.store.engine.dialect.name == "sqlite":
        lies = b"".join(path.read_bytes() for path in Path(raw).parent.glob(f"{Path(raw).name}*"))
        assert len(lies) > 100_000 and [one for one in VALUES if one.encode() in lies] == []
    # What the law keeps is there, opens with its own key, and goes with it when its time is over.
    with desk.read() as session:
        [kept] = session.scalars(select(KeptRecord)).all()
    assert SECRET in str(kept.body)


def test_with_a_picture_goes_its_original_that_still_waits_for_a_scan(desk: DeskForTests) -> None:
    files = desk.services.files
    shown, original = new_id(), pictures.keep_original(files, content=b"as it came")
    files.put(shown, b"as it is shown")
    checked = CheckedPicture(b"as it is shown", "image/png", 1, 1, "0" * 64)
    with desk.write() as work:
        pictures.store_picture(work, picture_id=shown, picture=checked, scan="waiting", held_id=original)
    with desk.write() as work:
        erasing.drop_pictures(work, ids=[shown])
    desk.run_jobs()
    for name in (shown, original):
        with pytest.raises(NotFound):
            files.get(name)


def test_the_audit_stays_whole_and_streams_keep_their_numbers(desk: DeskForTests, family: str) -> None:
    erase(desk, family)
    with desk.read() as session:
        assert check_chain(session, keys=Keys("", anchors=[])).outcome.broken is None
        for one in session.scalars(select(Conversation)):
            for side, head in (("staff", one.staff_seq), ("patient", one.patient_seq)):
                events = list_events_after(session, stream=f"{side}:{one.id}", after=0, limit=500)
                assert [event["seq"] for event in events] == list(range(1, head + 1))
            entries = conversation_queries.list_entries_before(session, conversation_id=one.id, before=None, limit=50)[
                0
            ]
            assert [timeline_entry(entry) for entry in entries] and summary_of(session, one).last_message == ""


def test_an_erased_family_is_found_by_nothing_and_cannot_come_back(desk: DeskForTests, family: str) -> None:
    with desk.read() as session:
        visitors = [one.id for one in session.scalars(select(Visitor)) if one.guardian_id == family]
        tokens = {one.token_hash for one in session.scalars(select(Visitor))}
    erase(desk, family)
    boss = desk.as_supervisor(desk.add_staff("boss", roles=("supervisor",)))
    with desk.read() as session:
        assert erasure_queries.list_guardians_by_phone(session, phone=PHONE) == []
        for person, text in ((PHONE, ""), (PHONE[-4:], ""), (NAME, ""), ("乐乐", ""), ("", "王乐乐")):
            asked = Question(person=person, text=text)
            assert search_records(session, who=boss, question=asked, cursor=None).hits == []
        assert family_card(session, guardian_id=family, at=desk.clock.now()) is None
        assert visitors and not tokens & {one.token_hash for one in session.scalars(select(Visitor))}
        assert {one.guardian_id for one in session.scalars(select(Visitor))} == {None}
        assert queries.find_guardian_by_external_id(session, external_id=family) is None
        keys = session.scalars(select(DataKey).where(DataKey.holder == family)).all()
        assert {key.wrapped for key in keys} == {""}
        assert personal_keys.key_status(session).lost == 0


def test_the_same_number_imported_again_is_a_new_family(desk: DeskForTests, family: str) -> None:
    erase(desk, family)
    row = FamilyRow(guardian_id=family, guardian=NAME, phone=PHONE, child_id="C1", child=CHILD, relation="mother")
    with desk.write() as work:
        import_families(work, [row])
    with desk.read() as session:
        [found] = erasure_queries.list_guardians_by_phone(session, phone=PHONE)
        assert found.id != family and found.name == NAME
    with desk.write() as work:
        visitor = visits.open_visit(work, visitor_id=None, external_id=family, language="zh").visitor
        assert visits.history_of(work.session, visitor=visitor, now=work.now) == []


def test_nothing_goes_before_somebody_else_has_said_yes(desk: DeskForTests, family: str) -> None:
    erasure_id = ask(desk, family)
    with desk.write(actor=ANN) as work, pytest.raises(OwnErasure):
        erasing.allow_erasure(work, erasure_id=erasure_id)
    with desk.write(actor=ANN) as work, pytest.raises(ErasureUnderWay):
        erasing.ask_erasure(work, guardian_id=family, ground="request")
    with desk.write(actor=BEN) as work:
        erasing.refuse_erasure(work, erasure_id=erasure_id)
    desk.run_jobs()
    assert {table for table, _ in standing(desk)} >= {"guardian", "entry"}


def test_a_held_family_is_not_erased_and_not_by_a_hold_of_the_second_hour(desk: DeskForTests, family: str) -> None:
    with desk.write(actor=ANN) as work:
        hold_id = holds.hold_family(work, guardian_id=family, reason="法院来函")
    with desk.write(actor=ANN) as work, pytest.raises(ErasureNotYet) as refused:
        erasing.ask_erasure(work, guardian_id=family, ground="request")
    assert refused.value.fields == {"reasons": ["held"]}
    with desk.write(actor=ANN) as work, pytest.raises(OwnErasure):
        holds.lift_hold(work, hold_id=hold_id)
    with desk.write(actor=BEN) as work:
        holds.lift_hold(work, hold_id=hold_id)
    erasure_id = ask(desk, family)
    with desk.write(actor=BEN) as work:
        erasing.allow_erasure(work, erasure_id=erasure_id)
        holds.hold_family(work, guardian_id=family, reason="又来一封")
    desk.run_jobs()
    assert {table for table, _ in standing(desk)} >= {"guardian", "entry"}


def test_what_is_still_going_on_stands_in_the_way(desk: DeskForTests) -> None:
    guardian_id = add_family(desk)
    conversation_of_family(desk, guardian_id=guardian_id)
    with desk.write(actor=ANN) as work:
        [shown] = erasing.preview_erasure(work, phone=PHONE)
    assert shown.barriers == ["conversation_open", "parcel_under_way"]
    assert (shown.name, shown.phone, shown.children) == ("王**", "138****5678", ["王*"])
    with desk.write(actor=ANN) as work, pytest.raises(FamilyNotErasable):
        erasing.ask_erasure(work, guardian_id=new_id(), ground="request")


def test_a_child_of_another_parent_stays_and_so_does_everybody_else(desk: DeskForTests, family: str) -> None:
    with desk.write() as work:
        child = work.session.scalars(select(Patient)).one()
        other_id = new_id()
        other = Guardian(id=other_id, external_id=other_id, name="李大山", phone="13900001111")
        work.session.add(other)
        work.session.flush()
        work.session.add(Guardianship(guardian_id=other.id, patient_id=child.id, relation="father"))
    talk_over(desk, other.id)
    erase(desk, family)
    with desk.read() as session:
        assert session.get(Patient, child.id).name == CHILD  # type: ignore[union-attr]
        assert session.scalars(select(Prescription)).all()
        card = family_card(session, guardian_id=other.id, at=desk.clock.now())
        assert card is not None and card.children
        [talk] = [one for one in session.scalars(select(Conversation)) if one.guardian_id == other.id]
        assert talk.erased_at is None and talk.close_note == SECRET


def test_a_crash_between_two_steps_loses_nothing(desk: DeskForTests, family: str) -> None:
    erasure_id = ask(desk, family)
    with desk.write(actor=BEN) as work:
        erasing.allow_erasure(work, erasure_id=erasure_id)
    for _ in range(8):
        with suppress(Crash), desk.write() as work:
            erasing.erase_some(work, erasure_id=erasure_id)
            raise Crash
        with desk.write() as work:
            erasing.erase_some(work, erasure_id=erasure_id)
    assert standing(desk) == set()
    with desk.read() as session:
        done = retention_queries.get_erasure(session, erasure_id=erasure_id)
    assert (done.state, done.gone["conversation"]) == ("done", 2)


def test_a_restored_backup_is_erased_again_by_its_certificate(desk: DeskForTests, family: str) -> None:
    with desk.write() as work:
        again = erasing.erase_again(work, guardian_id=family, ground="request", asked_by=ANN.id, allowed_by=BEN.id)
    assert again is not None
    steps: list[str] = []
    while not steps or steps[-1] == "goes_on":
        with desk.write() as work:
            steps.append(erasing.erase_some(work, erasure_id=again))
    assert steps[-1] == "done" and standing(desk) == set()
    with desk.write() as work:
        assert erasing.open_kept(work, erasure_id=again, why="court")
        assert erasing.erase_again(work, guardian_id=family, ground="request", asked_by="a", allowed_by="b") is None


# ---- time limits -----------------------------------------------------------------------------------------


def retain(desk: DeskForTests) -> dict[str, int]:
    """Follow the time limits to their end; return what went."""
    run = None
    with desk.write() as work:
        run = retention_queries.begin_run(work.session, now=work.now)
    while True:
        with desk.write() as work:
            if retaining.retain_some(work) is None:
                break
    desk.run_jobs()
    with desk.read() as session:
        [last] = [one for one in retention_queries.list_runs(session, limit=5) if one.id == run.id]
    assert last.ended_at is not None
    return last.gone


def planned(desk: DeskForTests, *, now: datetime | None = None) -> dict[str, tuple[int, int]]:
    with desk.read() as session:
        plans = retaining.plan_retention(session, now=now or desk.clock.now())
    return {one.kind.id: (sum(one.months.values()), one.held) for one in plans if one.months or one.held}


def test_a_conversation_goes_after_three_years_with_all_of_it_and_a_held_one_stays(
    desk: DeskForTests, family: str
) -> None:
    with desk.write() as work:
        old = work.session.scalars(select(Conversation).order_by(Conversation.closed_at)).first()
        assert old is not None
        hold_id = holds.hold_conversation(work, number=old.number, reason="投诉未结")
    assert planned(desk)["conversation"] == (0, 1)
    assert "conversation" not in retain(desk)
    with desk.write(actor=BEN) as work:
        holds.lift_hold(work, hold_id=hold_id)
    assert planned(desk)["conversation"] == (1, 0)
    assert retain(desk)["conversation"] == 1
    with desk.read() as session:
        assert session.get(Conversation, old.id) is None
        assert list_events_after(session, stream=f"staff:{old.id}", after=0, limit=5) == []
        assert len(session.scalars(select(Conversation)).all()) == 1
    with desk.read() as session:
        assert check_chain(session, keys=Keys("", anchors=[])).outcome.broken is None
    assert "conversation" not in planned(desk)


def test_what_the_law_keeps_of_an_erased_family_goes_with_its_key(desk: DeskForTests, family: str) -> None:
    erase(desk, family)
    desk.clock.advance(days=4 * 366)
    gone = retain(desk)
    assert (gone["kept_record"], gone["conversation"]) == (1, 2)
    with desk.read() as session:
        assert session.scalars(select(KeptRecord)).all() == []
        assert session.scalars(select(Call)).all() == []
        assert standing(desk) == set()
