"""Families as a hospital's system hands them in, and finding them again. All people are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.orm import Session

from caredesk.actions.family_imports import import_appointments, import_families, import_prescriptions
from caredesk.core.store import Store
from caredesk.core.work import SYSTEM, Work
from caredesk.patients import queries
from caredesk.patients.errors import FamilyUnknown, GuardianNotFound, NothingToReveal
from caredesk.patients.incoming import AppointmentRow, FamilyRow, PrescriptionRow
from caredesk.patients.models import RevealRecord

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def family(guardian_id: str = "G1", child_id: str = "C1", **values: Any) -> FamilyRow:
    given = {
        "guardian": "王丽娟",
        "phone": "13800001001",
        "relation": "mother",
        "child": "刘子墨",
        "birth_date": "2022-04-18",
        "sex": "male",
    }
    return FamilyRow.model_validate({"guardian_id": guardian_id, "child_id": child_id, **given, **values})


def visit(**values: Any) -> AppointmentRow:
    given = {"appointment_id": "A1", "child_id": "C1", "guardian_id": "G1", "department_id": "skin", "starts_at": NOW}
    return AppointmentRow.model_validate({**given, **values})


def prescription(child: str = "C1", number: str = "R1", **parcel: Any) -> PrescriptionRow:
    sent = {"number": f"SF-{number}", "carrier": "顺丰", "status": "shipped", "address": "演示区1号", **parcel}
    items = [{"name": "润肤乳", "quantity": "2支"}]
    return PrescriptionRow.model_validate(
        {"prescription_id": number, "child_id": child, "issued_at": NOW, "items": items, "parcel": sent}
    )


@pytest.fixture
def work(database: Store) -> Any:
    with database.writing() as session:
        yield Work(session=session, now=NOW, actor=SYSTEM)


def id_of(session: Session, external_id: str) -> str:
    found = queries.find_guardian_by_external_id(session, external_id=external_id)
    assert found is not None
    return found.id


def test_a_family_is_added_once_and_brought_up_to_date(work: Work) -> None:
    assert import_families(work, [family(), family(child_id="C2")]).outcomes["added"] == 2
    assert import_families(work, [family()]).changes == 0
    assert import_families(work, [family(phone="13800009999")]).outcomes["changed"] == 1
    found = queries.get_guardian(work.session, guardian_id=id_of(work.session, "G1"))
    assert found.phone == "13800009999"
    assert queries.list_guardian_ids_by_phone(work.session, tail="9999") == [found.id]
    children = queries.list_children(work.session, guardian_id=found.id)
    assert [(child.patient.external_id, child.patient.birth_date) for child in children] == [
        ("C1", date(2022, 4, 18)),
        ("C2", date(2022, 4, 18)),
    ]


def test_visits_of_unknown_families_are_refused(work: Work) -> None:
    import_families(work, [family()])
    with pytest.raises(FamilyUnknown) as refused:
        import_appointments(work, [visit(), visit(appointment_id="A2", guardian_id="G9")])
    assert refused.value.fields == {"numbers": ["G9"]}
    with pytest.raises(FamilyUnknown):
        import_prescriptions(work, [prescription(child="C9")])


@pytest.mark.parametrize(
    "values",
    [
        {"sex": "boy"},
        {"relation": "neighbour"},
        {"birth_date": "2022-02-30"},
        {"guardian_id": "  "},
        {"child": ""},
        {"phone": "1" * 31},
    ],
)
def test_a_family_that_makes_no_sense_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        family(**values)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValidationError):
        visit(starts_at="2026-11-23T10:00:00")


def test_only_visits_around_now_are_listed_in_order(work: Work) -> None:
    import_families(work, [family()])
    offsets = {"A1": 1, "A2": -29, "A3": -31, "A4": 59, "A5": 61}
    import_appointments(
        work, [visit(appointment_id=number, starts_at=NOW + timedelta(days=days)) for number, days in offsets.items()]
    )
    listed = queries.list_appointments(work.session, guardian_id=id_of(work.session, "G1"), around=NOW)
    assert [row.external_id for row in listed] == ["A2", "A1", "A4"]


def test_a_parcel_moves_on_and_is_not_doubled(work: Work) -> None:
    import_families(work, [family()])
    trace = [{"at": NOW, "text": "已签收"}]
    assert import_prescriptions(work, [prescription()]).outcomes["added"] == 1
    assert import_prescriptions(work, [prescription(status="delivered", trace=trace)]).outcomes["changed"] == 1
    assert import_prescriptions(work, [prescription(status="delivered", trace=trace)]).changes == 0
    (parcel,) = queries.list_parcels(work.session, guardian_id=id_of(work.session, "G1"), around=NOW)
    assert (parcel.status, [step["text"] for step in parcel.trace]) == ("delivered", ["已签收"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1001", ["G1"]),
        ("138****1001", ["G1"]),
        ("+86 138 0000 1001", ["G1"]),
        ("王丽", ["G1"]),
        ("刘子墨", ["G1"]),
        ("陈", ["G2"]),
        ("9999", []),
        ("100", []),
        ("%", []),
        ("", []),
    ],
)
def test_a_person_is_found_by_the_end_of_the_phone_or_by_name(work: Work, text: str, found: list[str]) -> None:
    import_families(work, [family(), family("G2", "C2", guardian="陈雨欣", phone="13800001003", child="张一诺")])
    ids = queries.list_guardian_ids_by_person(work.session, text=text)
    assert [queries.get_guardian(work.session, guardian_id=id).external_id for id in ids] == found


def test_hidden_values_are_those_of_the_family_only(work: Work) -> None:
    import_families(work, [family(), family("G2", "C2", id_number="999999199103070022", child="张一诺")])
    import_prescriptions(work, [prescription(), prescription("C2", "R2", address="演示区2号")])
    own, other = id_of(work.session, "G1"), id_of(work.session, "G2")
    (parcel,) = queries.list_parcels(work.session, guardian_id=other, around=NOW)
    (child,) = queries.list_children(work.session, guardian_id=other)

    def hidden(guardian: str, field: Any, subject_id: str = "") -> str:
        return queries.get_hidden_value(work.session, guardian_id=guardian, field=field, subject_id=subject_id)

    assert hidden(own, "phone") == "13800001001"
    assert hidden(other, "address", parcel.id) == "演示区2号"
    assert hidden(other, "child_name", child.patient.id) == "张一诺"
    assert hidden(other, "id_number") == "999999199103070022"
    for field, subject_id in (("address", parcel.id), ("child_name", child.patient.id), ("id_number", "")):
        with pytest.raises(NothingToReveal):
            hidden(own, field, subject_id)
    with pytest.raises(GuardianNotFound):
        hidden("nobody", "phone")


def test_reveals_are_listed_newest_first_and_live_ones_end(work: Work) -> None:
    import_families(work, [family()])
    own = id_of(work.session, "G1")
    for minute, field in ((0, "phone"), (3, "address")):
        at = NOW + timedelta(minutes=minute)
        queries.add_reveal(
            work.session,
            record=RevealRecord(
                id=f"r{minute}", staff_id="s1", guardian_id=own, field=field, subject_id="", reason="核对收件人",
                at=at, until=at + timedelta(minutes=5),
            ),
        )  # fmt: skip
    assert [row.field for row in queries.list_reveals(work.session, guardian_id=own)] == ["address", "phone"]

    def live(minute: int, staff_id: str = "s1") -> list[str]:
        at = NOW + timedelta(minutes=minute)
        rows = queries.list_live_reveals(work.session, guardian_id=own, staff_id=staff_id, at=at)
        return [row.field for row in rows]

    assert [live(0), live(4), live(5), live(8), live(4, "s2")] == [["phone"], ["phone", "address"], ["address"], [], []]
