"""What an import of a schedule adds, changes, cancels or refuses."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.clinic.facts import Directory, KnownSession
from caredesk.clinic.schedule import SchedulePlan, plan_import
from caredesk.clinic.schedule_rows import COLUMNS
from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.words import fault_words
from caredesk.core.clock import clinic_time

DIRECTORY = Directory.of(
    departments=[("skin", "皮肤科", "Dermatology"), ("eyes", "眼科", "Ophthalmology")],
    doctors=[
        ("zhang-wei", "张伟", "Zhang Wei", "skin"),
        ("zhang-wei-2", "张伟", "Zhang Wei", "eyes"),
        ("li-na", "李娜", "Li Na", "skin"),
        ("li-na-2", "李娜", "Li Na", "skin"),
        ("wang-fang", "王芳", "Wang Fang", "eyes"),
    ],
)
GOOD = "皮肤科,张伟,2026-03-02,08:00,12:00,上午,开诊"


def rows(*lines: str) -> list[SheetRow]:
    cells = (dict(zip((*COLUMNS, "slots", "note"), line.split(","), strict=False)) for line in lines)
    return [SheetRow(number, row) for number, row in enumerate(cells, start=2)]


def plan(*lines: str, known: Sequence[KnownSession] = ()) -> SchedulePlan:
    return plan_import(rows(*lines), directory=DIRECTORY, known=known)


def known_from(*lines: str) -> list[KnownSession]:
    return [KnownSession(f"s{i}", change.facts) for i, change in enumerate(plan(*lines).changes)]


def outcomes(of: SchedulePlan) -> list[str]:
    return [row.outcome for row in of.report.rows]


def faults(of: SchedulePlan) -> dict[int, list[str]]:
    return {row.line: [fault.code for fault in row.faults] for row in of.report.rows if row.faults}


@pytest.mark.parametrize(
    "line",
    [
        GOOD,
        "skin,zhang-wei,2026-03-02,08:00,12:00,morning,scheduled",
        "Dermatology,Zhang Wei,2026/3/2,8:00,12:00:00,AM,",
        "皮肤科,张伟,2026年3月2日,８：００,12：00,,正常",
        " 皮肤科 , 张伟 ,2026-03-02 00:00:00, 08:00 ,12:00, 上午 , 出诊 ",
    ],
)
def test_a_row_is_understood_however_it_is_written(line: str) -> None:
    (change,) = plan(line).changes
    facts = change.facts
    assert (facts.department_id, facts.doctor_id, facts.kind, facts.status) == (
        "skin",
        "zhang-wei",
        "morning",
        "scheduled",
    )
    assert f"{clinic_time(facts.starts_at):%F %H:%M}-{clinic_time(facts.ends_at):%F %H:%M}" == (
        "2026-03-02 08:00-2026-03-02 12:00"
    )


def test_a_department_may_hold_a_session_without_a_doctor() -> None:
    (change,) = plan("皮肤科,,2026-03-02,08:00,12:00,上午,开诊").changes
    assert change.facts.doctor_id is None


@pytest.mark.parametrize(
    ("kind", "start", "end", "hours"),
    [("夜间", "20:00", "08:00", 12), ("夜诊", "18:00", "00:30", 6.5), ("night", "00:00", "08:00", 8)],
)
def test_evening_and_night_sessions_may_cross_midnight(kind: str, start: str, end: str, hours: float) -> None:
    (change,) = plan(f"皮肤科,,2026-03-02,{start},{end},{kind},开诊").changes
    assert (change.facts.ends_at - change.facts.starts_at).total_seconds() == hours * 3600
    assert change.facts.day.isoformat() == "2026-03-02"


def test_a_session_may_end_with_the_day() -> None:
    (change,) = plan("皮肤科,,2026-03-02,18:00,24:00,夜诊,开诊").changes
    assert f"{clinic_time(change.facts.ends_at):%F %H:%M}" == "2026-03-03 00:00"


BAD_ROWS = [
    ("骨科,张伟,2026-03-02,08:00,12:00,上午,开诊", ["department_unknown"]),
    (",,2026-03-02,08:00,12:00,上午,开诊", ["department_missing"]),
    ("皮肤科,赵六,2026-03-02,08:00,12:00,上午,开诊", ["doctor_unknown"]),
    ("皮肤科,李娜,2026-03-02,08:00,12:00,上午,开诊", ["doctor_ambiguous"]),
    ("皮肤科,张伟,2026-02-30,08:00,12:00,上午,开诊", ["date_invalid"]),
    ("皮肤科,张伟,02.03.2026,08:00,12:00,上午,开诊", ["date_invalid"]),
    ("皮肤科,张伟,0026-03-02,08:00,12:00,上午,开诊", ["date_invalid"]),
    ("皮肤科,张伟,,08:00,12:00,上午,开诊", ["date_invalid"]),
    ("皮肤科,张伟,2026-03-02,24:00,12:00,上午,开诊", ["start_invalid"]),
    ("皮肤科,张伟,2026-03-02,8am,12:60,上午,开诊", ["start_invalid", "end_invalid"]),
    ("皮肤科,张伟,2026-03-02,12:00,08:00,上午,开诊", ["end_before_start"]),
    ("皮肤科,张伟,2026-03-02,08:00,08:00,夜间,开诊", ["end_before_start"]),
    ("皮肤科,张伟,2026-03-02,20:00,18:00,夜间,开诊", ["too_long"]),
    ("皮肤科,张伟,2026-03-02,06:00,21:00,上午,开诊", ["too_long"]),
    ("皮肤科,张伟,2026-03-02,08:00,12:00,早上好,开诊", ["kind_unknown"]),
    ("皮肤科,张伟,2026-03-02,08:00,12:00,上午,也许", ["status_unknown"]),
    ("皮肤科,张伟,2026-03-02,08:00,12:00,上午,开诊,many", ["slots_invalid"]),
    ("骨科,赵六,never,x,y,z,w", ["department_unknown", "doctor_unknown", "date_invalid", "start_invalid",
                               "end_invalid", "kind_unknown", "status_unknown"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "codes"), BAD_ROWS)
def test_a_bad_row_is_refused_with_everything_that_is_wrong(line: str, codes: list[str]) -> None:
    refused = plan(line)
    assert faults(refused) == {2: codes}
    assert refused.changes == ()


def test_every_fault_has_words_in_both_languages() -> None:
    for code in {code for _, codes in BAD_ROWS for code in codes} | {"duplicate", "overlap"}:
        assert "{" not in fault_words(code, value="x", language="zh") + fault_words(code, value="x", language="en")


def test_namesakes_are_told_apart_by_the_department() -> None:
    (change,) = plan("眼科,张伟,2026-03-02,08:00,12:00,上午,开诊").changes
    assert change.facts.doctor_id == "zhang-wei-2"


def test_a_doctor_may_help_in_another_department() -> None:
    (change,) = plan("皮肤科,王芳,2026-03-02,08:00,12:00,上午,开诊").changes
    assert (change.facts.department_id, change.facts.doctor_id) == ("skin", "wang-fang")


def test_one_bad_row_refuses_the_whole_file() -> None:
    refused = plan(GOOD, "骨科,,2026-03-02,08:00,12:00,上午,开诊", "眼科,,2026-03-02,08:00,12:00,上午,开诊")
    assert outcomes(refused) == ["added", "refused", "added"]
    assert (refused.report.applied, refused.report.changes, refused.changes) == (False, 0, ())


def test_a_repeated_row_is_refused_and_names_the_first() -> None:
    refused = plan(GOOD, GOOD)
    assert [fault.value for fault in refused.report.rows[1].faults] == ["2"]
    assert faults(refused) == {3: ["duplicate"]}


def test_a_doctor_cannot_be_in_two_places_at_once() -> None:
    refused = plan(GOOD, "眼科,zhang-wei,2026-03-02,11:59,14:00,下午,开诊")
    assert faults(refused) == {3: ["overlap"]}
    assert refused.report.rows[1].faults[0].value == "2026-03-02 08:00-12:00"


def test_a_night_session_meets_the_next_morning() -> None:
    night = "皮肤科,张伟,2026-03-01,20:00,08:30,夜间,开诊"
    assert faults(plan(night, GOOD)) == {3: ["overlap"]}
    assert faults(plan(GOOD, known=known_from(night))) == {2: ["overlap"]}


def test_sessions_may_touch_and_cancelled_ones_overlap() -> None:
    touching = "眼科,zhang-wei,2026-03-02,12:00,14:00,下午,开诊"
    cancelled = "眼科,zhang-wei,2026-03-02,09:00,10:00,上午,停诊"
    assert outcomes(plan(GOOD, touching, cancelled)) == ["added", "added", "cancelled"]


def test_two_departments_may_hold_sessions_without_doctors_at_once() -> None:
    assert plan("皮肤科,,2026-03-02,08:00,12:00,上午,开诊", "眼科,,2026-03-02,08:00,12:00,上午,开诊").report.applied


def test_importing_a_file_again_changes_nothing() -> None:
    again = plan(GOOD, known=known_from(GOOD))
    assert (outcomes(again), again.changes) == (["unchanged"], ())


def test_a_session_is_cancelled_by_its_status_and_can_come_back() -> None:
    known = known_from(GOOD)
    cancelled = plan(GOOD.replace("开诊", "停诊"), known=known)
    assert outcomes(cancelled) == ["cancelled"]
    assert cancelled.changes[0].known == known[0]
    stopped = [KnownSession("s0", cancelled.changes[0].facts)]
    assert outcomes(plan(GOOD.replace("开诊", "停诊"), known=stopped)) == ["unchanged"]
    assert outcomes(plan(GOOD, known=stopped)) == ["changed"]


def test_a_shortened_session_stays_the_same_session() -> None:
    changed = plan(GOOD.replace("12:00", "11:00"), known=known_from(GOOD))
    assert (outcomes(changed), changed.changes[0].known is not None) == (["changed"], True)


def test_a_moved_session_stays_the_same_session() -> None:
    moved = plan(GOOD.replace("08:00", "08:30"), known=known_from(GOOD))
    assert (outcomes(moved), moved.changes[0].known is not None) == (["changed"], True)


def test_a_second_session_of_the_same_morning_is_an_addition() -> None:
    first = "皮肤科,张伟,2026-03-02,08:00,09:30,上午,开诊"
    second = "皮肤科,张伟,2026-03-02,10:00,11:30,上午,加号"
    assert outcomes(plan(second, known=known_from(first))) == ["added"]


def test_a_replaced_session_is_cancelled_and_added_in_one_file() -> None:
    known = known_from(GOOD)
    both = plan(GOOD.replace("开诊", "停诊"), GOOD.replace("08:00", "10:00"), known=known)
    assert outcomes(both) == ["cancelled", "added"]


def test_a_file_without_slots_and_notes_keeps_them() -> None:
    known = known_from(GOOD + ",20,bring the card")
    cancelled = plan(GOOD.replace("开诊", "停诊"), known=known)
    assert (cancelled.changes[0].facts.slots, cancelled.changes[0].facts.note) == (20, "bring the card")


lines = st.builds(
    lambda department, doctor, day, start, length, status: (
        f"{department},{doctor},2026-03-{day:02},{start:02}:00,{start + length:02}:00,morning,{status}"
    ),
    st.sampled_from(["skin", "eyes"]),
    st.sampled_from(["", "zhang-wei", "wang-fang"]),
    st.integers(1, 3),
    st.integers(6, 12),
    st.integers(1, 5),
    st.sampled_from(["scheduled", "cancelled", "added"]),
)


@given(st.lists(lines, max_size=8), st.lists(lines, max_size=8))
def test_an_accepted_import_leaves_every_doctor_in_one_place_and_repeats_nothing(
    first: list[str], second: list[str]
) -> None:
    schedule = known_from(*first)
    planned = plan(*second, known=schedule)
    after = {session.id: session.facts for session in schedule}
    for i, change in enumerate(planned.changes):
        after[change.known.id if change.known else f"n{i}"] = change.facts
    held = [facts for facts in after.values() if facts.takes_place and facts.doctor_id]
    for a in held:
        assert not any(a is not b and a.doctor_id == b.doctor_id and a.meets(b) for b in held)
    assert len({facts.key for facts in after.values()}) == len(after)
    again = plan(*second, known=[KnownSession(id, facts) for id, facts in after.items()])
    if planned.report.applied:
        assert set(outcomes(again)) <= {"unchanged"}


def test_ten_thousand_rows_with_three_wrong_tell_the_three() -> None:
    some = [
        f"{department},,2026-{month:02}-{day:02},{hour:02}:00,{hour + 1:02}:00,morning,scheduled"
        for department in ("skin", "eyes")
        for month in range(1, 13)
        for day in range(1, 29)
        for hour in range(6, 21)
    ][:10_000]
    for wrong in (10, 5_000, 9_990):
        some[wrong] = some[wrong].replace("2026", "twenty")
    refused = plan(*some)
    assert sorted(faults(refused)) == [12, 5_002, 9_992]
    assert refused.changes == ()
