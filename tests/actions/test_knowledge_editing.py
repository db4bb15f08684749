"""One entry's life in the hands of editors: drafts, reviews, conflicts, retirement and roll-back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import knowledge_editing as editing
from caredesk.actions.knowledge import content_of, import_entries
from caredesk.actions.knowledge_editing import Chosen
from caredesk.actions.knowledge_views import Reader, changes, list_page, tally, view_entry
from caredesk.core.clock import clinic_time
from caredesk.core.outbox import JobRow
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.editor_queries import Sought
from caredesk.knowledge_base.errors import (
    EntryChanged,
    EntryRefused,
    EntryTaken,
    NeverPublished,
    NothingToPublish,
)
from caredesk.knowledge_base.schemas import CheckedRow, CheckedTable, EntryContent
from tests.actions.test_knowledge import bring, entry, served
from tests.fixtures.desk import DeskForTests

ANYBODY = Reader(staff_id="", four_eyes=True)


def save(desk: DeskForTests, content: EntryContent, *, base: int) -> int:
    with desk.write() as work:
        return editing.save_entry(work, content, base_version=base).newest_version


def stage(desk: DeskForTests, entry_id: str) -> str:
    with desk.read() as session:
        return view_entry(session, entry_id=entry_id, at=desk.clock.now(), reader=ANYBODY).stage


def ask(desk: DeskForTests, *chosen: tuple[str, int]) -> int:
    with desk.write() as work:
        return editing.ask_for_review(work, [Chosen(entry_id, version) for entry_id, version in chosen])


def test_a_new_entry_is_a_draft_that_nobody_is_served(desk: DeskForTests) -> None:
    with desk.write() as work:
        made = editing.create_entry(work, entry("").model_copy(update={"id": ""}))
    assert made.id.startswith("e-")
    assert stage(desk, made.id) == "draft"
    assert served(desk) == {}


def test_two_entries_cannot_have_the_same_id(desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    with pytest.raises(EntryTaken), desk.write() as work:
        editing.create_entry(work, entry("a"))


def test_a_faulty_entry_is_refused_with_every_reason(desk: DeskForTests) -> None:
    bad = entry("a", answer="").model_copy(
        update={"question": "", "valid_from": date(2026, 12, 2), "valid_until": date(2026, 12, 1)}
    )
    with pytest.raises(EntryRefused) as refused, desk.write() as work:
        editing.create_entry(work, bad)
    assert refused.value.fields["problems"] == [
        "question is empty",
        "answer is empty",
        "valid_until lies before valid_from",
    ]


def test_a_saved_change_waits_and_the_published_answer_stays(desk: DeskForTests) -> None:
    bring(desk, entry("a", answer="旧"))
    assert save(desk, entry("a", answer="新"), base=1) == 2
    assert served(desk) == {"a": "旧"}
    assert stage(desk, "a") == "draft"


def test_saving_what_is_there_already_makes_no_version(desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    assert save(desk, entry("a"), base=1) == 1
    assert stage(desk, "a") == "published"


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(desk: DeskForTests) -> None:
    bring(desk, entry("a", answer="旧"))
    save(desk, entry("a", answer="甲写的"), base=1)
    with pytest.raises(EntryChanged) as told:
        save(desk, entry("a", answer="乙写的"), base=1)
    assert told.value.fields["version"] == 2
    with desk.read() as session:
        assert view_entry(session, entry_id="a", at=desk.clock.now(), reader=ANYBODY).content.answer == "甲写的"
    assert save(desk, entry("a", answer="两人的"), base=2) == 3


def test_a_review_is_asked_for_and_ended_by_the_next_change(desk: DeskForTests) -> None:
    bring(desk, entry("a"), publish=False)
    assert ask(desk, ("a", 1)) == 1
    assert stage(desk, "a") == "review"
    save(desk, entry("a", answer="再改"), base=1)
    assert stage(desk, "a") == "draft"


def test_an_entry_sent_back_says_what_is_to_be_changed(desk: DeskForTests) -> None:
    bring(desk, entry("a"), publish=False)
    ask(desk, ("a", 1))
    with desk.write() as work:
        editing.send_back(work, entry_id="a", version=1, note="请写明时限")
    with desk.read() as session:
        seen = view_entry(session, entry_id="a", at=desk.clock.now(), reader=ANYBODY)
    assert (seen.stage, seen.review_note, seen.review_asked_at) == ("draft", "请写明时限", None)
    with pytest.raises(NothingToPublish), desk.write() as work:
        editing.send_back(work, entry_id="a", version=1, note="再来")


def test_what_waits_for_nothing_needs_no_review(desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    with pytest.raises(NothingToPublish):
        ask(desk, ("a", 1))


def test_a_retired_entry_is_no_longer_served_and_the_index_is_rebuilt(desk: DeskForTests) -> None:
    bring(desk, entry("a"), entry("b"))
    desk.run_jobs()
    with desk.write() as work:
        editing.retire_entry(work, entry_id="a", version=1)
    assert served(desk) == {"b": "答"}
    with desk.read() as session:
        assert session.scalars(select(JobRow).where(JobRow.name == "rebuild_index")).one().payload == {"release": 2}


def test_one_action_rolls_back_to_an_earlier_published_version(desk: DeskForTests) -> None:
    bring(desk, entry("a", answer="一"))
    bring(desk, entry("a", answer="二"))
    save(desk, entry("a", answer="三"), base=2)
    with desk.write() as work:
        editing.roll_back(work, entry_id="a", version=3, to=1)
    assert served(desk) == {"a": "一"}
    with desk.read() as session:
        seen = view_entry(session, entry_id="a", at=desk.clock.now(), reader=ANYBODY)
        assert [(one.version, one.origin, one.is_served) for one in seen.history] == [
            (4, "version 1", True),
            (3, "", False),
            (2, "import", False),
            (1, "import", False),
        ]
        assert queries.current_release(session) == 3


def test_a_draft_cannot_be_rolled_back_to(desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    save(desk, entry("a", answer="草稿"), base=1)
    with pytest.raises(NeverPublished), desk.write() as work:
        editing.roll_back(work, entry_id="a", version=2, to=2)


def test_a_roll_back_brings_a_retired_entry_back(desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    with desk.write() as work:
        editing.retire_entry(work, entry_id="a", version=1)
    with desk.write() as work:
        editing.roll_back(work, entry_id="a", version=1, to=1)
    assert served(desk) == {"a": "答"}


def test_a_difference_is_told_word_by_word(desk: DeskForTests) -> None:
    bring(desk, entry("a", answer="就诊前 7 天内可以退号。"))
    save(desk, entry("a", answer="就诊前 14 天内可以退号。"), base=1)
    with desk.read() as session:
        found = changes(session, entry_id="a", before=1, after=2)
        assert [change.field for change in found] == ["answer"]
        assert [(piece.kind, piece.text) for piece in found[0].pieces if piece.kind != "same"] == [
            ("removed", "7"),
            ("added", "14"),
        ]
        assert {change.field for change in changes(session, entry_id="a", before=0, after=1)} >= {"question", "answer"}


def test_entries_are_found_by_words_stage_and_what_is_due(desk: DeskForTests) -> None:
    today = clinic_time(desk.clock.now()).date()
    bring(
        desk,
        entry("soon", valid_until=today + timedelta(days=30)),
        entry("later", valid_until=today + timedelta(days=31)),
        entry("over", valid_until=today - timedelta(days=1)),
        entry("check", recheck_on=today),
        entry("100%", answer="下划_线"),
    )
    bring(desk, entry("new"), publish=False)

    def found(**sought: object) -> set[str]:
        with desk.read() as session:
            page = list_page(session, sought=Sought(**sought), offset=0, at=desk.clock.now())  # type: ignore[arg-type]
            assert page.total == len(page.entries)
            return {row.id for row in page.entries}

    assert found(due="expiring") == {"soon"}
    assert found(due="expired") == {"over"}
    assert found(due="recheck") == {"check"}
    assert found(stage="draft") == {"new"}
    assert found(text="0%") == {"100%"}
    assert found(text="划_线 100") == {"100%"}
    assert found(text="SOON吗") == {"soon"}
    assert found(category="别的") == set()
    with desk.read() as session:
        counted = tally(session, at=desk.clock.now(), four_eyes=True)
    assert counted.due == {"expiring": 1, "expired": 1, "recheck": 1}
    assert counted.stages == {"draft": 1, "review": 0, "published": 5, "leaving": 0, "retired": 0}


def test_an_answer_for_agents_is_never_served_to_parents(desk: DeskForTests) -> None:
    bring(desk, entry("inside", audience="agent"), entry("open"))
    assert set(served(desk)) == {"open"}
    with desk.read() as session:
        assert [row.id for row in queries.list_for_staff(session, at=desk.clock.now())] == ["inside"]
        assert queries.find_served(session, entry_id="inside", at=desk.clock.now()) is None


def test_a_file_without_a_column_leaves_what_entries_have_there(desk: DeskForTests) -> None:
    bring(desk, entry("a", audience="agent", recheck_on=date(2027, 1, 1)))
    plain = CheckedTable(rows=(CheckedRow(2, "a", entry("a", answer="新")),), absent=("audience", "recheck_on"))
    with desk.write() as work:
        import_entries(work, plain, replace=False, publish=True)
    with desk.read() as session:
        row = queries.find_entry(session, entry_id="a")
        assert row is not None
        assert (content_of(row).audience, content_of(row).answer) == ("agent", "新")


def test_the_index_is_rebuilt_on_the_day_after_the_last_valid_one(desk: DeskForTests) -> None:
    bring(desk, entry("a", valid_until=date(2026, 11, 24)), entry("b", valid_from=date(2026, 12, 1)))
    desk.run_jobs()
    desk.clock.set(desk.clock.now() + timedelta(days=1))
    assert desk.run_jobs() == 0
    desk.clock.advance(hours=14)
    assert served(desk) == {}
    assert desk.run_jobs() == 2
    with desk.read() as session:
        assert session.scalars(select(JobRow).where(JobRow.name == "turn_validity")).one().payload == {
            "day": "2026-12-01"
        }
