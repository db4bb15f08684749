"""How sure phrases and feeling are weighed against each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.instinct import NO_CHANCE, Chances
from caredesk.chatbot.text import normalise
from caredesk.chatbot.verdict import Verdict, judge, judge_danger


@dataclass(frozen=True, slots=True)
class Feels:
    """Feels the same of every text."""

    felt: Chances

    def chances(self, plain: str) -> Chances:
        """Return what was decided beforehand."""
        return self.felt


NOTHING = Chances(health=0.01, emergency=0.01, human=0.01, foreign=0.01)


def verdict(query: str, **felt: float) -> Verdict:
    return judge((normalise(query).plain,), guard=shared_guard(), instinct=Feels(replace(NOTHING, **felt)))


def kind(query: str, **felt: float) -> str | None:
    flag = verdict(query, **felt).flag
    return flag.kind if flag else None


def test_a_told_danger_needs_no_feeling() -> None:
    told = judge((normalise("孩子抽搐了").plain,), guard=shared_guard(), instinct=None)
    assert told.is_danger
    assert not told.may_answer


def test_a_told_danger_is_no_danger_when_all_that_was_learned_speaks_against_it() -> None:
    assert kind("孩子抽搐了", health=0.9) == "emergency"
    assert kind("孩子抽搐了", health=0.1, emergency=0.05) != "emergency"


def test_a_told_danger_beside_a_question_of_the_desk_holds_when_its_clause_cries_out() -> None:
    told = {"health": 0.1, "emergency": 0.05}
    assert kind("他要跳楼，发票怎么开", **told, emergency_in_clause=0.95) == "emergency"
    assert kind("车祸住过院，发票怎么开", **told, emergency_in_clause=0.5) is None


def test_what_is_left_in_latin_letters_is_felt_as_it_was_typed() -> None:
    class ByReading:
        def chances(self, plain: str) -> Chances:
            """Feel danger in what was typed only."""
            return replace(NOTHING, health=0.9, emergency=0.9) if plain == "he can t wake up" else NOTHING

    readings = ("he can t wake up", "和参 t wake up")
    assert judge(readings, guard=shared_guard(), instinct=ByReading()).is_danger
    assert not judge(("zenme tuihao", "怎么退号"), guard=shared_guard(), instinct=ByReading()).is_danger


@pytest.mark.parametrize("felt", [{"health_in_question": 0.8}, {"emergency_in_clause": 0.6}])
def test_what_one_clause_alone_may_ask_is_not_answered(felt: dict[str, float]) -> None:
    doubted = verdict("怎么开发票，这样行不行", **felt)
    assert doubted.flag is None
    assert not doubted.may_answer


def test_a_felt_danger_must_be_about_health() -> None:
    assert kind("这样行不行", health=0.9, emergency=0.3) == "emergency"
    assert kind("这样行不行", health=0.1, emergency=0.3) is None


def test_beside_something_harmless_a_danger_must_be_felt_strongly() -> None:
    assert kind("孩子抽血", health=0.9, emergency=0.4) == "medical"
    assert kind("孩子抽血", health=0.9, emergency=0.8) == "emergency"


def test_feeling_settles_what_sounds_medical() -> None:
    assert kind("孩子咳嗽吃什么药", health=0.4) == "medical"
    assert kind("孩子咳嗽吃什么药", health=0.1) is None
    assert kind("这样行不行", health=0.6) == "medical"


def test_a_wish_is_heard_in_words_or_by_feeling() -> None:
    assert kind("转人工", human=0.3) == "human"
    assert kind("这样行不行", human=0.6) == "human"
    assert kind("这样行不行", human=0.2) is None


def test_what_was_too_short_to_be_felt_counts_by_its_words() -> None:
    assert judge(("发烧",), guard=shared_guard(), instinct=Feels(NO_CHANCE)).flag is not None
    assert judge(("人工",), guard=shared_guard(), instinct=Feels(NO_CHANCE)).flag is not None


@pytest.mark.parametrize("felt", [{"health": 0.3}, {"human": 0.4}, {"foreign": 0.5}])
def test_a_doubtful_question_is_not_answered_and_trusted_less(felt: dict[str, float]) -> None:
    doubted = verdict("这样行不行", **felt)
    assert doubted.flag is None
    assert not doubted.may_answer
    assert doubted.trust == pytest.approx(1.0 - max(felt.values()))


def test_a_plain_question_is_trusted_fully() -> None:
    assert verdict("怎么退号") == Verdict(None, may_answer=True, is_foreign=False, trust=1.0)


def test_only_a_surely_foreign_question_is_nobody_s() -> None:
    assert verdict("这样行不行", foreign=0.95).is_foreign
    assert not verdict("这样行不行", foreign=0.6).is_foreign


def test_a_flag_that_is_only_felt_is_not_sure_until_beyond_doubt() -> None:
    weak, strong = (verdict("这样行不行", health=health).flag for health in (0.6, 0.95))
    assert weak is not None
    assert strong is not None
    assert (weak.is_sure, strong.is_sure) == (False, True)


def test_no_reading_at_all_is_harmless() -> None:
    assert judge((), guard=shared_guard(), instinct=Feels(NOTHING)).flag is None
    assert not judge_danger((), guard=shared_guard(), instinct=Feels(NOTHING)).is_danger
