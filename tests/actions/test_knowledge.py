"""Importing and publishing the knowledge base: rows, history, releases and the job that follows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from caredesk.actions.knowledge import import_entries, list_contents, publish_all
from caredesk.core.outbox import JobRow
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.errors import EntryNotServed
from caredesk.knowledge_base.models import KbEntry, KbRelease
from caredesk.knowledge_base.schemas import CheckedRow, CheckedTable, EntryContent, ImportReport
from tests.fixtures.desk import MONDAY_MORNING, DeskForTests


def entry(entry_id: str, *, answer: str = "答", **more: object) -> EntryContent:
    return EntryContent(
        id=entry_id,
        category="预约",
        question=f"{entry_id}？",
        similar=(f"{entry_id}吗",),
        answer=answer,
        **more,  # type: ignore[arg-type]
    )


def table(*contents: EntryContent, refused: tuple[str, ...] = ()) -> CheckedTable:
    good = [CheckedRow(number, content.id, content) for number, content in enumerate(contents, start=2)]
    bad = [CheckedRow(90, entry_id, None, problems=("question is empty",)) for entry_id in refused]
    return CheckedTable(rows=(*good, *bad))


def bring(desk: DeskForTests, *contents: EntryContent, replace: bool = False, publish: bool = True) -> ImportReport:
    with desk.write() as work:
        return import_entries(work, table(*contents), replace=replace, publish=publish)


def served(desk: DeskForTests) -> dict[str, str]:
    with desk.read() as session:
        return {row.id: row.answer for row in queries.iter_served_entries(session, at=desk.clock.now())}


def outcomes(report: ImportReport) -> dict[str, str]:
    return {row.id: row.outcome for row in report.rows}


def test_a_published_import_is_served_and_makes_a_release(desk: DeskForTests) -> None:
    report = bring(desk, entry("a"), entry("b"))
    assert (report.imported, report.published) == (True, 1)
    assert outcomes(report) == {"a": "added", "b": "added"}
    assert served(desk) == {"a": "答", "b": "答"}
    with desk.read() as session:
        release = session.scalars(select(KbRelease)).one()
        assert (release.number, release.entries, release.published_at) == (1, 2, MONDAY_MORNING)


def test_publishing_has_the_index_rebuilt_once(desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    bring(desk, entry("a", answer="新"))
    with desk.read() as session:
        jobs = session.scalars(select(JobRow).where(JobRow.name == "rebuild_index")).all()
        assert [job.payload for job in jobs] == [{"release": 2}]


def test_drafts_wait_and_leave_what_is_served_alone(desk: DeskForTests) -> None:
    bring(desk, entry("a", answer="旧"))
    report = bring(desk, entry("a", answer="新"), entry("b"), publish=False)
    assert outcomes(report) == {"a": "changed", "b": "added"}
    assert served(desk) == {"a": "旧"}
    with desk.write() as work:
        assert publish_all(work) == 2
    assert served(desk) == {"a": "新", "b": "答"}


def test_the_same_file_again_changes_nothing(desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    assert outcomes(bring(desk, entry("a"))) == {"a": "unchanged"}
    with desk.read() as session:
        assert [row.version for row in queries.list_versions(session, entry_id="a")] == [1]


def test_a_refused_row_refuses_the_whole_file(desk: DeskForTests) -> None:
    with desk.write() as work:
        report = import_entries(work, table(entry("a"), refused=("bad",)), replace=True, publish=True)
    assert (report.imported, report.published) == (False, None)
    assert outcomes(report) == {"bad": "refused"}
    assert report.rows[0].reasons == ["question is empty"]
    with desk.read() as session:
        assert session.scalars(select(KbEntry)).all() == []
        assert queries.current_release(session) == 0


def test_replacing_retires_what_the_file_leaves_out(desk: DeskForTests) -> None:
    bring(desk, entry("a"), entry("b"))
    report = bring(desk, entry("a"), replace=True)
    assert outcomes(report) == {"a": "unchanged", "b": "retired"}
    assert served(desk) == {"a": "答"}


def test_a_retirement_waits_for_publication_and_can_be_called_off(desk: DeskForTests) -> None:
    bring(desk, entry("a"), entry("b"))
    bring(desk, entry("a"), replace=True, publish=False)
    assert served(desk) == {"a": "答", "b": "答"}
    assert outcomes(bring(desk, entry("b"))) == {"b": "unchanged"}
    assert served(desk) == {"a": "答", "b": "答"}


def test_a_retired_entry_comes_back_with_its_history(desk: DeskForTests) -> None:
    bring(desk, entry("a"), entry("b"))
    bring(desk, entry("a"), replace=True)
    assert outcomes(bring(desk, entry("b", answer="又来"))) == {"b": "added"}
    assert served(desk)["b"] == "又来"
    with desk.read() as session:
        history = queries.list_versions(session, entry_id="b")
        assert [(row.version, row.answer, row.published_at is not None) for row in history] == [
            (1, "答", True),
            (2, "又来", True),
        ]


def test_validity_is_counted_in_days_of_the_clinic(desk: DeskForTests) -> None:
    today = date(2026, 11, 23)
    bring(desk, entry("until", valid_until=today), entry("from", valid_from=today + timedelta(days=1)))
    assert set(served(desk)) == {"until"}
    # 23:30 at the clinic is still today, half an hour later it is tomorrow.
    desk.clock.advance(hours=13, minutes=30)
    assert set(served(desk)) == {"until"}
    desk.clock.advance(minutes=30)
    assert set(served(desk)) == {"from"}


def test_an_entry_that_is_not_served_cannot_be_had(desk: DeskForTests) -> None:
    bring(desk, entry("draft"), publish=False)
    with desk.read() as session, pytest.raises(EntryNotServed):
        queries.get_served(session, entry_id="draft", at=desk.clock.now())


def test_related_entries_share_the_category_and_popular_ones_come_first(desk: DeskForTests) -> None:
    bring(desk, entry("a"), entry("b"), entry("c", popular=True))
    with desk.read() as session:
        first = queries.get_served(session, entry_id="a", at=desk.clock.now())
        related = queries.list_related(session, entry=first, at=desk.clock.now(), limit=2)
        assert [row.id for row in related] == ["c", "b"]


def test_an_export_shows_drafts_and_no_retired_entries(desk: DeskForTests) -> None:
    bring(desk, entry("a"), entry("b"))
    bring(desk, entry("a"), replace=True)
    bring(desk, entry("a", answer="新"), publish=False)
    with desk.read() as session:
        contents = list_contents(queries.list_entries(session), drafts=queries.latest_versions(session))
    assert contents == [entry("a", answer="新")]


def test_the_next_change_of_validity_is_known(desk: DeskForTests) -> None:
    bring(desk, entry("a", valid_until=date(2026, 12, 1)), entry("b", valid_from=date(2026, 11, 30)))
    with desk.read() as session:
        assert queries.next_valid_change(session, after=desk.clock.now()) == date(2026, 11, 30)
