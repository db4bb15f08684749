"""What counts as not answered well, which reply is the best draft, and how groups go on from night to night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from caredesk.knowledge_base.review_rules import (
    AskedTurn,
    Reply,
    best_replies,
    boilerplate_of,
    draft_similar,
    find_troubles,
    handling_seconds,
    is_substantial,
    match_groups,
    mean_handling,
)

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def turn(minute: int, text: str = "怎么退号", *, outcome: str = "answer", **values: Any) -> AskedTurn:
    entry = "refund" if outcome == "answer" else None
    given = {"entry_id": entry, "helpful": None, **values}
    return AskedTurn(id=f"t{minute}", text=text, outcome=outcome, at=NOON + timedelta(minutes=minute), **given)


# ---- troubles --------------------------------------------------------------------------------------------


def test_an_answer_that_nobody_complained_about_is_no_trouble() -> None:
    assert find_troubles([turn(0), turn(1, "发票怎么开")]) == {}


def test_not_helpful_is_a_trouble_and_helpful_is_none_whatever_came_later() -> None:
    asked = [turn(0, helpful=False), turn(1, "发票怎么开", helpful=True)]
    assert find_troubles(asked) == {"t0": "parent_unhelpful"}


def test_asking_the_same_again_tells_that_the_answer_did_not_help() -> None:
    asked = [turn(0, "怎么退号"), turn(1, "怎么退号？？", outcome="none")]
    assert find_troubles(asked) == {"t0": "repeated", "t1": "abstained"}


def test_an_answer_that_kept_nobody_from_asking_people_is_in_trouble() -> None:
    asked = [turn(0), turn(5, "发票怎么开", contacted=True)]
    assert find_troubles(asked) == {"t5": "handoff_after_answer"}


def test_what_was_not_helpful_is_that_first_of_all() -> None:
    assert find_troubles([turn(0, helpful=False, contacted=True)]) == {"t0": "parent_unhelpful"}
    assert find_troubles([turn(0, helpful=True, contacted=True)]) == {}


def test_suggestions_are_in_trouble_unless_one_led_to_an_answer() -> None:
    assert find_troubles([turn(0, outcome="suggest")]) == {"t0": "abstained"}
    assert find_troubles([turn(0, outcome="suggest"), turn(1)]) == {}


def test_thanks_guards_and_wishes_for_a_person_are_no_questions() -> None:
    asked = [
        turn(0, "谢谢", outcome="none", is_courtesy=True),
        turn(1, "孩子发烧了", outcome="medical"),
        turn(2, "转人工", outcome="human"),
    ]
    assert find_troubles(asked) == {}


# ---- cost ------------------------------------------------------------------------------------------------


def test_handling_is_from_taking_to_closing_and_bounded() -> None:
    assert handling_seconds(assigned_at=NOON, closed_at=NOON + timedelta(minutes=3)) == 180
    assert handling_seconds(assigned_at=NOON, closed_at=NOON + timedelta(hours=9)) == 3600
    assert handling_seconds(assigned_at=None, closed_at=NOON) is None
    assert mean_handling([100, None, 200], otherwise=7) == 150
    assert mean_handling([None], otherwise=7) == 7


# ---- drafts ----------------------------------------------------------------------------------------------

ASKED = ["停车场在哪里", "医院停车怎么收费"]
GOOD = "停车场在医院东门地下一层，每小时收费五元，就诊当天可减免两小时。"
GREETING = "您好，很高兴为您服务，请稍等我帮您看一下。"


def test_the_reply_that_speaks_of_what_was_asked_becomes_the_draft() -> None:
    replies = [Reply(GREETING, "c1"), Reply(GOOD, "c1"), Reply("好的，祝您生活愉快，再见。", "c1")]
    assert best_replies(ASKED, replies=replies, boilerplate=frozenset())[0].text == GOOD


def test_near_duplicates_are_one_reply_that_several_conversations_had() -> None:
    replies = [Reply(GOOD, "c1", 5), Reply(GOOD.replace("，每", ", 每"), "c2", 4), Reply(GOOD, "c2", 4)]
    [draft] = best_replies(ASKED, replies=replies, boilerplate=frozenset())
    assert (draft.times, draft.score) == (2, 4.33)


def test_of_two_replies_to_the_point_the_better_rated_one_comes_first() -> None:
    other = "医院停车场在西门外面，停车费请看门口的牌子。"
    replies = [Reply(GOOD, "c1", 1), Reply(other, "c2", 5)]
    assert best_replies(ASKED, replies=replies, boilerplate=frozenset())[0].text == other


def test_what_agents_say_to_every_question_is_no_answer_to_any() -> None:
    said = [[Reply(GREETING, f"c{number}")] for number in range(3)]
    boilerplate = boilerplate_of(said)
    assert best_replies(ASKED, replies=said[0], boilerplate=boilerplate) == []
    assert boilerplate_of(said[:2]) == frozenset()


def test_short_words_are_no_draft() -> None:
    assert best_replies(ASKED, replies=[Reply("好的", "c1"), Reply("稍等哦", "c2")], boilerplate=frozenset()) == []


def test_similar_questions_are_drafted_without_repetition_and_without_anything_masked() -> None:
    wordings = {"停车场在哪": 3, "停车场在哪？": 1, "我电话138****1234停车": 1, "车停哪儿": 2, "停车场在哪里": 1}
    assert draft_similar("停车场在哪里", wordings=wordings) == ["车停哪儿"]


# ---- going on --------------------------------------------------------------------------------------------


def test_a_group_goes_on_as_the_one_with_which_it_shares_most_questions() -> None:
    groups = [frozenset("abc"), frozenset("de"), frozenset("x")]
    before = {"one": frozenset("abd"), "two": frozenset("ce")}
    assert match_groups(groups, before=before) == {0: "one", 1: "two"}


def test_two_groups_never_go_on_as_the_same_one() -> None:
    assert match_groups([frozenset("ab"), frozenset("cd")], before={"one": frozenset("abcd")}) == {0: "one"}


# ---- what says something ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("您好，请稍等，我帮您看一下。", False),
        ("好的，感谢您的咨询，祝您生活愉快，再见！", False),
        ("请问还有什么可以帮您？", False),
        ("不客气", False),
        ("您好，停车场在东门地下一层。", True),
        ("请您在“我的订单”里点“退号”，费用原路退回。", True),
    ],
)
def test_greetings_and_asking_for_patience_answer_nothing(text: str, expected: bool) -> None:
    assert is_substantial(text) is expected


def test_what_only_asks_for_patience_never_becomes_the_draft_however_often_it_was_said() -> None:
    wait = [Reply("您好，请稍等，我帮您看一下。", conversation, 5) for conversation in ("a", "b")]
    told = Reply("门诊楼一层和三层都有母婴室，里面有换尿布台。", "c")
    drafts = best_replies(["哪里可以给宝宝喂奶"], replies=[*wait, told], boilerplate=frozenset())
    assert [draft.text for draft in drafts] == [told.text]
