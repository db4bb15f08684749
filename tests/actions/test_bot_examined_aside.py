"""An exam is held beside the desk, with what is published, and ends when nobody waits for it."""

from __future__ import annotations

import pytest

from caredesk.actions.bot_evaluations import Exam
from caredesk.edge.services import IndexNotBuilt
from caredesk.infra.aside import AsideFailed, run_aside
from caredesk.infra.exam_work import examine
from caredesk.knowledge_base.evaluation_rules import LabelRow
from tests.actions.test_bot_index import CANCEL, PARKING, Helper, held_by
from tests.actions.test_knowledge import bring
from tests.fixtures.desk import LEARNED, DeskForTests

EXAM = Exam("file", (LabelRow(query="怎么退号", expected="cancel"), LabelRow(query="停车怎么收费", expected="parking")))


def test_the_published_base_is_examined(desk: DeskForTests) -> None:
    bring(desk, CANCEL, PARKING)
    told: list[tuple[int, int]] = []
    outcome = held_by(desk).examine(EXAM, told=lambda progress: told.append(progress) is None)
    assert outcome is not None
    assert (outcome.index_version, outcome.report["questions"], told) == ("release-1", 2, [(2, 2)])


def test_an_exam_nobody_waits_for_ends_and_one_that_cannot_be_held_says_so(desk: DeskForTests) -> None:
    bring(desk, CANCEL)
    assert held_by(desk).examine(EXAM, told=lambda _: False) is None
    with pytest.raises(IndexNotBuilt):
        held_by(desk, helper=Helper(end=AsideFailed("no"))).examine(EXAM, told=bool)


def test_another_process_gives_the_same_figures(desk: DeskForTests) -> None:
    bring(desk, CANCEL, PARKING)
    here = held_by(desk).examine(EXAM, told=lambda _: True)
    entries = held_by(desk).current().index.entries
    there = run_aside(examine, entries, "release-1", EXAM, LEARNED, 0.95)
    assert here is not None
    for outcome in (here, there):
        outcome.report["p50_ms"] = outcome.report["p99_ms"] = None
    assert there == here
