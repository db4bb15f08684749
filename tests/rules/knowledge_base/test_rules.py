"""Which rows may enter the knowledge base, and which entries are served on a day."""

from __future__ import annotations

from datetime import date

import pytest

from caredesk.knowledge_base.errors import MissingColumns
from caredesk.knowledge_base.rules import (
    COLUMNS,
    LONGEST,
    MOST_SIMILAR,
    check_table,
    is_served,
    near_duplicates,
    read_date,
    split_similar,
)
from caredesk.knowledge_base.schemas import CheckedTable, EntryContent, Table, TableRow

GOOD = {"id": "a", "category": "预约", "question": "怎么退号？", "similar": "退号|号不要了", "answer": "点退号。"}


def checked(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> CheckedTable:
    return check_table(Table(columns, tuple(TableRow(number, row) for number, row in enumerate(rows, start=2))))


def content(entry_id: str, question: str, *similar: str, **more: object) -> EntryContent:
    return EntryContent(
        id=entry_id,
        category="",
        question=question,
        similar=similar,
        answer="答",
        **more,  # type: ignore[arg-type]
    )


def test_a_good_row_becomes_an_entry() -> None:
    row = checked({**GOOD, "valid_until": "2026/12/31", "popular": "是", "answer": "一\r\n二 <b>三</b>"}).rows[0]
    assert row.problems == ()
    assert row.content == EntryContent(
        id="a",
        category="预约",
        question="怎么退号？",
        similar=("退号", "号不要了"),
        answer="一\n二 <b>三</b>",
        valid_until=date(2026, 12, 31),
        popular=True,
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": " "}, "id is empty"),
        ({"id": "a b"}, "id contains a space or a |"),
        ({"question": ""}, "question is empty"),
        ({"answer": "  "}, "answer is empty"),
        ({"answer": "x" * (LONGEST["answer"] + 1)}, "answer has 8001 characters, 8000 are allowed"),
        ({"question": "问\x07题"}, "question contains control characters"),
        ({"similar": "|".join(map(str, range(MOST_SIMILAR + 1)))}, "101 similar questions, 100 are allowed"),
        ({"similar": "短|" + "长" * 201}, "a similar question has 201 characters, 200 are allowed"),
        ({"valid_until": "2026-02-30"}, "valid_until is no date like 2026-12-31: 2026-02-30"),
        ({"valid_from": "2026-05-02", "valid_until": "2026-05-01"}, "valid_until lies before valid_from"),
        ({"popular": "maybe"}, "popular is neither yes nor no: maybe"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(change: dict[str, str], problem: str) -> None:
    table = checked({**GOOD, **change})
    assert table.rows[0].content is None
    assert problem in table.rows[0].problems
    assert table.refused == table.rows


def test_an_id_that_stands_twice_refuses_both_rows() -> None:
    table = checked(GOOD, {**GOOD, "question": "别的"})
    assert [row.problems for row in table.rows] == [("id a stands in 2 rows",)] * 2


def test_cells_beyond_the_header_are_refused() -> None:
    table = check_table(Table(COLUMNS, (TableRow(2, GOOD, surplus=1),)))
    assert table.rows[0].problems == ("1 cells more than the header has",)


def test_missing_columns_are_named() -> None:
    with pytest.raises(MissingColumns) as missing:
        checked(GOOD, columns=("id", "question", "answer"))
    assert missing.value.fields["columns"] == ["category", "similar"]


def test_unknown_columns_are_ignored_with_a_notice() -> None:
    assert checked(GOOD, columns=(*COLUMNS, "colour")).notices == ("ignored columns: colour",)


def test_nearly_the_same_question_in_two_entries_is_noticed() -> None:
    notices = near_duplicates([content("a", "怎么退号？"), content("b", "别的", "怎么退号"), content("c", "怎么开票")])
    assert notices == ["a and b ask nearly the same: 怎么退号？"]


def test_a_large_base_is_compared_word_for_word() -> None:
    many = [
        content(str(number), f"第{number}个问题", "都一样" if number < 2 else f"{number}号") for number in range(2500)
    ]
    assert near_duplicates(many) == ["0 and 1 ask the same: 都一样"]


def test_similar_questions_stand_once_each_in_their_order() -> None:
    assert split_similar(" b | a||b ") == ("b", "a")


@pytest.mark.parametrize(
    ("cell", "day"),
    [("2026-1-5", date(2026, 1, 5)), ("2026-01-05 00:00:00", date(2026, 1, 5)), ("05.01.2026", None), ("soon", None)],
)
def test_dates_are_read_or_refused(cell: str, day: date | None) -> None:
    assert read_date(cell) == day


@pytest.mark.parametrize(("day", "served"), [(1, False), (2, True), (5, True), (6, False)])
def test_validity_includes_both_ends(day: int, served: bool) -> None:
    entry = content("a", "问", valid_from=date(2026, 5, 2), valid_until=date(2026, 5, 5))
    assert is_served(entry, today=date(2026, 5, day)) is served
