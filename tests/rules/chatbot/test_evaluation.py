"""What an evaluation tells: figures with intervals, slices, honesty, and the base asked what its index has not seen."""

from __future__ import annotations

import pytest

from caredesk.chatbot import evaluation_report
from caredesk.chatbot.bot import Bot, Candidate, Turn
from caredesk.chatbot.entries import FaqEntry
from caredesk.chatbot.evaluation import Asked, Labelled
from caredesk.chatbot.evaluation_report import Sliced, cross_examine, curve, evaluate, reliability, report, wilson
from caredesk.chatbot.index import build_index

BASE = (
    FaqEntry("cancel", "预约", "怎么退号？", ("挂的号能退吗", "不想看了怎么取消预约", "退号在哪里退"), "点退号。"),
    FaqEntry("invoice", "票据", "怎么开发票？", ("电子发票在哪下载", "报销的票据去哪拿", "发票怎么开"), "点开票。"),
    FaqEntry("parcel", "物流", "药寄到哪儿了？", ("快递单号在哪看", "怎么查药的物流", "药到哪里了"), "看处方。"),
)


def asked(expected: str, *, found: str, outcome: str = "answer", confidence: float = 0.9) -> Asked:
    candidates = (Candidate(found, found, 1.0, {}),) if found else ()
    turn = Turn(outcome, "", "test", entry=found or None, confidence=confidence, candidates=candidates)  # type: ignore[arg-type]
    return Asked(Labelled("问", expected), turn, 1.0)


@pytest.mark.parametrize(
    ("part", "of", "low", "high"),
    [(0, 0, None, None), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_an_interval_is_honest_for_small_numbers_too(part: int, of: int, low: float | None, high: float | None) -> None:
    assert wilson(part, of=of) == (low, high)


def test_shares_stand_beside_their_intervals_and_slices() -> None:
    told = report(
        [
            Sliced(asked("a", found="a"), "plain"),
            Sliced(asked("a", found="b"), "typo"),
            Sliced(asked("none", found="", outcome="none"), "plain"),
            Sliced(asked("medical", found="", outcome="medical"), "plain"),
        ],
        known_entries=frozenset({"a", "b"}),
    )
    shares = {one["name"]: (one["part"], one["of"]) for one in told["shares"]}
    assert shares["accuracy_at_1"] == shares["answered_right"] == (1, 2)
    assert (shares["medical_recall"], shares["out_of_scope_answered"]) == ((1, 1), (0, 1))
    assert [(one["name"], one["questions"], one["right"]["part"]) for one in told["slices"]] == [
        ("plain", 3, 3),
        ("typo", 1, 0),
    ]
    assert told["coverage"]["low"] <= told["coverage"]["value"] <= told["coverage"]["high"]
    assert [miss["slice"] for miss in told["misses"]] == ["typo"]


def test_reliability_says_how_often_it_was_right_where_it_was_this_sure() -> None:
    sure = [asked("a", found="a", confidence=0.95)] * 3 + [asked("a", found="b", confidence=0.95)]
    [one] = reliability(sure)
    assert (one["least"], one["questions"], one["confidence"], one["right"]["value"]) == (0.9, 4, 0.95, 0.75)


def test_the_curve_falls_as_more_is_answered() -> None:
    points = curve([asked("a", found="a", confidence=0.9), asked("a", found="b", confidence=0.4)])
    assert [(one["coverage"], one["precision"]) for one in points] == [(0.5, 1.0), (1.0, 0.5)]


@pytest.fixture
def _two_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fold builds an index, which takes seconds; two show what five do."""
    monkeypatch.setattr(evaluation_report, "FOLDS", 2)


@pytest.mark.usefixtures("_two_folds")
def test_every_similar_question_is_asked_once_of_an_index_that_has_not_seen_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[set[str]] = []
    built = build_index

    def watched(entries: list[FaqEntry], *, version: str) -> object:
        seen.append({text for entry in entries for text in entry.similar})
        return built(entries, version=version)

    monkeypatch.setattr(evaluation_report, "build_index", watched)
    progress: list[tuple[int, int]] = []
    told = cross_examine(BASE, version="r1", tell=lambda done, total: progress.append((done, total)))
    everything = {text for entry in BASE for text in entry.similar}
    assert (told["questions"], told["held_back"]) == (9, 9)
    assert sorted(text for part in seen for text in everything - part) == sorted(everything)
    assert progress[0] == (0, 9) and progress[-1] == (9, 9)
    assert {one["name"] for one in told["slices"]} == {"预约", "票据", "物流"}
    again = cross_examine(BASE, version="r1")
    assert {**again, "p50_ms": 0, "p99_ms": 0} == {**told, "p50_ms": 0, "p99_ms": 0}


@pytest.mark.usefixtures("_two_folds")
def test_of_a_large_base_so_many_are_asked_as_there_is_room_and_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation_report, "MOST_HELD_BACK", 5)
    told = cross_examine(BASE, version="r1", seconds=0.0)
    assert (told["questions"], told["held_back"]) == (3, 9)


def test_labelled_questions_are_asked_with_progress() -> None:
    progress: list[int] = []
    labels = [Labelled("怎么退号", "cancel"), Labelled("转人工", "human")]
    bot = Bot(build_index(BASE, version="r1"))
    told = evaluate(bot, labels, slices=["", ""], tell=lambda done, _: progress.append(done))
    assert (told["questions"], told["held_back"], progress) == (2, None, [2])
