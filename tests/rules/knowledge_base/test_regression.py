"""Which questions are asked before a swap, and what the verdict over them is."""

from __future__ import annotations

import pytest

from caredesk.knowledge_base import regression
from caredesk.knowledge_base.regression import Judged, Probe, probes_of, verdict
from caredesk.knowledge_base.schemas import EntryContent


def entry(entry_id: str, *similar: str) -> EntryContent:
    return EntryContent(id=entry_id, category="", question=f"{entry_id}？", similar=similar, answer="答")


def test_every_question_of_every_entry_and_every_judged_one_is_asked() -> None:
    judged = [Judged("甲吗", "a"), Judged("天气", ""), Judged("没有了", "gone")]
    probes = probes_of([entry("b", "乙吗"), entry("a")], judged=judged, changed=frozenset())
    assert [(one.text, one.expected, one.origin) for one in probes] == [
        ("甲吗", "a", "judged"),
        ("天气", "", "judged"),
        ("a？", "a", "question"),
        ("b？", "b", "question"),
        ("乙吗", "b", "similar"),
    ]


def test_of_too_many_questions_those_of_changed_entries_are_always_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regression, "MOST_ASKED", 10)
    contents = [entry(f"e{number:03}", *(f"{number}-{one}" for one in range(4))) for number in range(20)]
    probes = probes_of(contents, judged=[], changed=frozenset({"e019"}))
    assert len(probes) <= 10
    assert sum(one.expected == "e019" for one in probes) == 5
    assert probes == probes_of(contents, judged=[], changed=frozenset({"e019"}))


def test_the_loss_is_the_share_of_right_answers_that_go() -> None:
    probes = [Probe(str(number), "a", "similar") for number in range(5)]
    report = verdict(probes, before=["a", "a", "a", "a", "b"], after=["a", "a", "a", "b", "a"], limit=0.25)
    assert (report.right_before, report.lost, report.gained, report.right_after, report.loss) == (4, 1, 1, 4, 0.25)
    assert report.is_acceptable
    assert [one.text for one in report.lost_shown] == ["3"]
    assert not report.model_copy(update={"limit": 0.24}).is_acceptable


def test_an_acceptable_entry_is_right_too() -> None:
    probe = Probe("怎么退", "a", "judged", acceptable=("b",))
    report = verdict([probe], before=["a"], after=["b"], limit=0.0)
    assert (report.lost, report.right_after) == (0, 1)


def test_where_nothing_was_right_nothing_is_lost() -> None:
    report = verdict([Probe("新", "new", "similar")], before=[""], after=["other"], limit=0.0)
    assert (report.loss, report.missed, report.is_acceptable) == (0.0, 1, True)
