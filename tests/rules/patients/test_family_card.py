"""The family's card: masked everywhere, with the names that the clinic lends it. All people are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime

from caredesk.actions.parcels import parcel_status
from caredesk.patients.models import Appointment, Guardian, Parcel, Patient, Prescription
from caredesk.patients.schemas import ChildOfFamily, ClinicNames, Family, FamilyCard, family_card

NOW = datetime(2026, 3, 15, 2, 0, tzinfo=UTC)
SECRETS = ("王丽娟", "刘子墨", "13800001001", "999999198805120021", "和平路66号", "2022-04-18")
NAMES = ClinicNames(departments={"skin": ("皮肤科", "Dermatology")}, doctors={"wu": ("吴安然", "Wu Anran")})


def card() -> FamilyCard:
    family = Family(
        guardian=Guardian(id="g1", name="王丽娟", phone="13800001001", id_number="999999198805120021"),
        children=[
            ChildOfFamily(Patient(id="p1", name="刘子墨", birth_date=date(2022, 4, 18), sex="male"), "mother"),
        ],
        appointments=[
            Appointment(
                id="a1", patient_id="p1", guardian_id="g1", department_id="skin", doctor_id="wu", starts_at=NOW,
                status="booked", kind="video", number_in_line=3,
            ),
            Appointment(
                id="a2", patient_id="p1", guardian_id="g1", department_id="gone", doctor_id=None, starts_at=NOW,
                status="done", kind="text", number_in_line=None,
            ),
        ],
        prescriptions=[
            Prescription(
                id="r1", patient_id="p1", issued_at=NOW, doctor_id="wu", status="dispensed",
                items=[{"name": "润肤乳", "quantity": "2支"}],
            )
        ],
        parcels=[
            Parcel(
                id="c1", prescription_id="r1", number="SF-DEMO-1", carrier="顺丰", status="in_transit", eta=NOW,
                carrier_code="shunfeng", address="北京市演示区和平路66号5单元502室",
                trace=[{"at": "2026-03-14T02:00:00Z", "text": "已发出"}],
            )
        ],
    )  # fmt: skip
    standings = {row.id: parcel_status(row, now=NOW) for row in family.parcels}
    return family_card(family, names=NAMES, today=date(2026, 3, 15), standings=standings)


def test_no_secret_of_the_family_is_on_the_card() -> None:
    text = card().model_dump_json()
    assert [secret for secret in SECRETS if secret in text] == []


def test_people_are_recognisable_all_the_same() -> None:
    shown = card()
    assert (shown.guardian.name, shown.guardian.phone) == ("王**", "138****1001")
    (child,) = shown.children
    assert (child.name, child.age, child.age_en, child.relation) == ("刘*", "3岁10个月", "3 y 10 mo", "mother")


def test_visits_carry_the_clinics_names_and_survive_without_them() -> None:
    first, second = card().appointments
    assert (first.department, first.department_en, first.doctor, first.doctor_en, first.child) == (
        "皮肤科",
        "Dermatology",
        "吴安然",
        "Wu Anran",
        "刘*",
    )
    assert (second.department, second.doctor) == ("gone", "")


def test_a_parcel_names_its_child_and_tells_its_way() -> None:
    (parcel,) = card().parcels
    assert (parcel.child, parcel.address) == ("刘*", "北京市演示区****")
    assert [(step.at, step.text) for step in parcel.trace] == [(datetime(2026, 3, 14, 2, tzinfo=UTC), "已发出")]
    (prescription,) = card().prescriptions
    assert (prescription.items[0].name, prescription.items[0].quantity) == ("润肤乳", "2支")
