"""Evaluations from the button to the figures: on judged questions, a file's, the base's own, and the public set."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from caredesk.actions import bot_evaluations as evaluations
from caredesk.chatbot import evaluation_report
from caredesk.chatbot.entries import FaqEntry
from caredesk.core.ids import new_id
from caredesk.edge import review_jobs
from caredesk.knowledge_base.evaluation_rules import LabelRow
from caredesk.knowledge_base.evaluation_schemas import EvaluationView
from caredesk.knowledge_base.public_set import FOLDER, public_base, public_labels
from caredesk.knowledge_base.review_errors import EvaluationRunning, LabelsInvalid
from caredesk.knowledge_base.review_models import EvaluationSource, JudgedQuestion
from tests.fixtures.desk import DeskForTests, bot_over

BASE = (
    FaqEntry("cancel", "预约", "怎么退号？", ("挂的号能退吗", "不想看了怎么取消预约", "退号在哪里退"), "点退号。"),
    FaqEntry("invoice", "票据", "怎么开发票？", ("电子发票在哪下载", "报销的票据去哪拿", "发票怎么开"), "点开票。"),
)


@pytest.fixture(autouse=True)
def _bot(desk: DeskForTests, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot over two entries; every fold builds an index, which takes seconds, so that there are two only."""
    desk.bot.bot = bot_over(BASE)
    monkeypatch.setattr(evaluation_report, "FOLDS", 2)


def ask(desk: DeskForTests, source: EvaluationSource, *rows: LabelRow) -> str:
    with desk.write() as work:
        return evaluations.ask_for_evaluation(work, source=source, rows=rows).id


def view(desk: DeskForTests, evaluation_id: str) -> EvaluationView:
    with desk.read() as session:
        return evaluations.evaluation_view(session, evaluation_id=evaluation_id)


def run(desk: DeskForTests, source: EvaluationSource, *rows: LabelRow) -> EvaluationView:
    asked = ask(desk, source, *rows)
    desk.run_jobs()
    return view(desk, asked)


def test_the_base_is_asked_its_own_questions_by_folds_and_how_far_it_is_can_be_seen(
    desk: DeskForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    noted = review_jobs.note_evaluation_progress

    def watched(session: Session, *, evaluation_id: str, done: int, total: int) -> bool:
        seen.append((done, total))
        return noted(session, evaluation_id=evaluation_id, done=done, total=total)

    monkeypatch.setattr(review_jobs, "note_evaluation_progress", watched)
    done = run(desk, "base")
    assert (seen[0], seen[-1]) == ((0, 6), (6, 6))
    assert done.report is not None
    assert (done.line.state, done.line.questions, done.line.done, done.line.total) == ("done", 6, 6, 6)
    assert (done.report.questions, done.report.held_back) == (6, 6)
    assert {one.name for one in done.report.slices} == {"预约", "票据"}
    accuracy = next(one for one in done.report.shares if one.name == "accuracy_at_1")
    assert accuracy.low is not None and accuracy.high is not None and accuracy.low <= accuracy.high


def test_the_public_set_is_asked_of_its_own_base_and_not_of_ours(desk: DeskForTests) -> None:
    done = run(desk, "public")
    assert done.report is not None
    assert (done.line.index_version, done.line.questions) == ("public", len(public_labels()))
    assert done.report.unknown_entries == []
    assert done.line.accuracy_at_1 is not None and done.line.accuracy_at_1 > 0.6


def test_the_public_set_is_whole() -> None:
    ids = {entry.id for entry in public_base()}
    asked = {row.expected for row in public_labels()} - {"none", "medical", "emergency", "human"}
    assert len(ids) == 67 and asked <= ids


@pytest.mark.parametrize("name", ["base", "questions"])
def test_the_public_set_is_the_one_that_reports_speak_of(name: str) -> None:
    reported = Path(__file__).parents[1] / "data" / "bot" / f"report_{name}.csv"
    assert (FOLDER / f"public_{name}.csv").read_bytes() == reported.read_bytes()


def test_the_judged_questions_are_asked_of_the_served_base(desk: DeskForTests) -> None:
    with pytest.raises(LabelsInvalid):
        ask(desk, "judged")
    with desk.write() as work:
        judged = JudgedQuestion(id=new_id(), query="怎么退号", expected="cancel", acceptable=[], judged_by="li")
        judged.judged_at = work.now
        work.session.add(judged)
    done = run(desk, "judged")
    assert (done.line.state, done.line.accuracy_at_1) == ("done", 1.0)


def test_while_one_runs_no_other_begins(desk: DeskForTests) -> None:
    ask(desk, "base")
    with pytest.raises(EvaluationRunning):
        ask(desk, "public")


def test_a_base_without_similar_questions_has_nothing_to_ask(desk: DeskForTests) -> None:
    desk.bot.bot = bot_over([FaqEntry("a", "预约", "怎么退号？", (), "点退号。")])
    done = run(desk, "base")
    assert (done.line.state, done.line.fault, done.report) == ("failed", "nothing_to_ask", None)


def test_an_evaluation_that_breaks_says_so_and_leaves_room_for_the_next(
    desk: DeskForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        message = "no memory left"
        raise MemoryError(message)

    with monkeypatch.context() as patched:
        patched.setattr(desk.bot, "examine", broken)
        assert run(desk, "base").line.fault == "broke"
    row = LabelRow(query="怎么退号", expected="cancel")
    assert run(desk, "file", row).line.state == "done"
