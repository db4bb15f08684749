"""A pharmacy's table of parcels: every bad row is named, every change is shown, and all rows come in or none."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from caredesk.actions.family_imports import import_families, import_prescriptions
from caredesk.actions.parcel_tables import REQUIRED, Difference, TableReport, import_parcel_table
from caredesk.clinic.sheet import read_sheet
from caredesk.core.store import Store
from caredesk.core.work import SYSTEM, Work
from caredesk.patients.incoming import FamilyRow, PrescriptionRow
from caredesk.patients.models import Parcel

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HEAD = "prescription_id,number,carrier,status,at,text,address\n"


@pytest.fixture
def work(database: Store) -> Any:
    """A hospital with two prescriptions and no parcel."""
    with database.writing() as session:
        work = Work(session=session, now=NOW, actor=SYSTEM)
        family = {"guardian_id": "G1", "guardian": "王丽娟", "relation": "mother", "child_id": "C1", "child": "刘子墨"}
        import_families(work, [FamilyRow.model_validate(family)])
        made = {"child_id": "C1", "issued_at": NOW, "items": [{"name": "润肤乳", "quantity": "2支"}]}
        import_prescriptions(
            work, [PrescriptionRow.model_validate({"prescription_id": number, **made}) for number in ("R1", "R2")]
        )
        yield work


def bring_in(work: Work, *rows: str, head: str = HEAD) -> TableReport:
    return import_parcel_table(work, read_sheet((head + "\n".join(rows)).encode(), required=REQUIRED))


def parcels(work: Work) -> list[Parcel]:
    return list(work.session.scalars(select(Parcel).order_by(Parcel.number)))


def test_rows_are_added_changed_and_left_alone_and_changes_are_told(work: Work) -> None:
    rows = ["R1,sf 1020304050,顺丰速运,已寄出,2026-11-23 09:00,已交顺丰,演示区1号", "R2,JD00112233,京东物流,,,,"]
    assert [row.outcome for row in bring_in(work, *rows).rows] == ["added", "added"]
    first, second = parcels(work)
    assert (first.number, first.carrier_code, first.status) == ("JD00112233", "jd", "shipped")
    assert (second.number, second.carrier_code, second.trace[0]["text"]) == ("SF1020304050", "shunfeng", "已交顺丰")
    assert second.moved_at == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert [row.outcome for row in bring_in(work, *rows).rows] == ["unchanged", "unchanged"]
    again = bring_in(work, "R1,SF1020304050,顺丰速运,运输中,2026-11-23 09:40,已发出,演示区2号")
    assert again.rows[0].differences == (
        Difference("status", "shipped", "in_transit"),
        Difference("address"),
        Difference("trace"),
    )


def test_what_the_carrier_has_told_stays(work: Work) -> None:
    bring_in(work, "R1,SF1020304050,顺丰速运,,,,")
    [parcel] = parcels(work)
    parcel.status = "delivered"
    parcel.trace = [{"at": (NOW - timedelta(hours=1)).isoformat(), "text": "签收", "source": "carrier"}]
    bring_in(work, "R1,SF1020304050,顺丰速运,shipped,2026-11-22 09:00,已交顺丰,")
    [parcel] = parcels(work)
    assert (parcel.status, [step["text"] for step in parcel.trace]) == ("delivered", ["已交顺丰", "签收"])


def test_an_empty_cell_forgets_nothing(work: Work) -> None:
    bring_in(work, "R1,SF1020304050,顺丰速运,,,,演示区1号")
    assert bring_in(work, "R1,SF1020304050,顺丰速运,,,,").rows[0].outcome == "unchanged"
    assert parcels(work)[0].address == "演示区1号"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",SF1020304050,顺丰,,,,", "prescription_id", "missing"),
        ("R9,SF1020304050,顺丰,,,,", "prescription_id", "no_prescription"),
        ("R1,12345,顺丰,,,,", "number", "odd_number"),
        ("R1,'; drop table parcel,顺丰,,,,", "number", "odd_number"),
        ("R1,SF1020304050,,,,,", "carrier", "missing"),
        ("R1,SF1020304050,顺丰,飞了,,,", "status", "no_choice"),
        ("R1,SF1020304050,顺丰,,昨天,已发出,", "at", "no_date"),
        ("R1,SF1020304050,顺丰,,2026-02-30 10:00,已发出,", "at", "no_date"),
        ("R1,SF1020304050,顺丰,,,,,stray", "", "extra_cells"),
        ("R1," + "1" * 70 + ",顺丰,,,,", "number", "too_long"),
    ],
)
def test_a_bad_row_is_named_and_nothing_comes_in(work: Work, row: str, column: str, code: str) -> None:
    report = bring_in(work, "R2,JD00112233,京东,,,,", row)
    assert [(found.line, fault.column, fault.code) for found in report.rows for fault in found.faults] == [
        (3, column, code)
    ]
    assert not report.applied and parcels(work) == []


def test_a_number_in_two_rows_is_refused_for_nobody_knows_which_is_right(work: Work) -> None:
    report = bring_in(work, "R1,SF1020304050,顺丰,,,,", "R2,sf-1020304050,顺丰,,,,", "R2,SF 1020304050,顺丰,,,,")
    assert [(row.line, row.faults[0].code) for row in report.rows] == [(4, "twice")]


def test_a_workbook_is_read_like_a_table(work: Work) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["prescription_id", "number", "carrier", "at", "text"])
    sheet.append(["R1", 102030405060, "顺丰", datetime(2026, 11, 23, 9, 0), "已交顺丰"])  # noqa: DTZ001 (as Excel has it)
    content = io.BytesIO()
    book.save(content)
    report = import_parcel_table(work, read_sheet(content.getvalue(), required=REQUIRED))
    assert report.applied and parcels(work)[0].number == "102030405060"


def test_a_step_of_days_to_come_is_not_kept(work: Work) -> None:
    bring_in(work, "R1,SF1020304050,顺丰速运,delivered,2026-12-23 09:00,已签收,")
    assert parcels(work)[0].trace == []
