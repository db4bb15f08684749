"""Conversations: asking on, asking back, two at once, other words, patience lost; one turn after the other (B45)."""

from __future__ import annotations

import pytest

from caredesk.chatbot.context import TOPIC_TURNS, Context
from caredesk.chatbot.dialogue import is_angry, leans_on_topic, questions_in, wants_other_words
from tests.rules.chatbot.talk import BASE, Parent, bot


def test_a_slot_is_asked_for_once_and_then_filled() -> None:
    parent = Parent()
    asked = parent.says("怎么查医生的出诊时间")
    assert (asked.outcome, asked.awaiting, asked.pending) == ("suggest", "department", "schedule")
    filled = parent.says("皮肤")
    assert (filled.outcome, filled.entry, filled.slots.department) == ("answer", "schedule", "dermatology")


def test_who_cannot_say_which_department_still_gets_an_answer() -> None:
    parent = Parent()
    parent.says("怎么查医生的出诊时间")
    assert parent.says("不知道").entry == "schedule"


def test_day_and_department_are_carried_on() -> None:
    parent = Parent()
    first = parent.says("皮肤科周六出诊吗")
    assert (first.entry, first.slots.department) == ("schedule", "dermatology")
    sunday = parent.says("那周日呢")
    assert (sunday.slots.department, sunday.slots.first) == ("dermatology", first.slots.first.replace(day=29))
    assert parent.says("口腔科呢").slots.department == "dentistry"


def test_the_name_of_a_department_is_no_complaint() -> None:
    assert Parent().says("过敏反应科周六出诊吗").entry == "schedule"
    assert Parent().says("孩子过敏了怎么办").outcome == "medical"


def test_danger_comes_first_while_a_department_is_asked_for() -> None:
    parent = Parent()
    parent.says("怎么查医生的出诊时间")
    assert parent.says("皮肤科，孩子抽搐了").outcome == "emergency"


def test_without_live_entries_the_words_of_the_base_answer() -> None:
    turn = Parent(live={}).says("怎么查医生的出诊时间")
    assert (turn.outcome, turn.entry, turn.awaiting) == ("answer", "schedule", None)


def test_a_question_without_a_subject_is_read_with_the_topic() -> None:
    parent = Parent()
    assert parent.says("药寄到哪儿了").entry == "parcel"
    turn = parent.says("要几天")
    assert "parcel-days" in (turn.entry, *turn.offered)
    assert {candidate.id for candidate in turn.candidates} <= {"parcel-days", "parcel-fee"}
    vaccine = Parent()
    vaccine.says("怎么预约打疫苗")
    assert "vaccine-papers" in (vaccine.says("要带什么").entry or "", *vaccine.context.shown)


def test_a_topic_fades() -> None:
    parent = Parent()
    parent.says("药寄到哪儿了")
    for _ in range(TOPIC_TURNS + 1):
        parent.says("火星上有没有海")
    assert not parent.context.has_topic


def test_two_questions_are_answered_both() -> None:
    turn = Parent().says("怎么退号？另外怎么开发票？")
    assert turn.outcome == "answer"
    assert {turn.entry, *turn.also} == {"cancel", "invoice"}
    assert "退号" in turn.reply and "票据" in turn.reply


def test_a_second_question_that_is_not_sure_is_not_answered() -> None:
    turn = Parent().says("怎么退号？另外怎么上火星？")
    assert turn.also == ()


def test_not_understood_offers_what_came_next_and_then_a_person() -> None:
    parent = Parent()
    first = parent.says("怎么开发票")
    again = parent.says("没看懂")
    assert (again.outcome, again.reason) == ("suggest", "reworded")
    assert again.offered and first.entry not in again.offered
    assert parent.says("还是不对").outcome == "human"


def test_not_understood_without_an_answer_before_is_nothing_special() -> None:
    assert Parent().says("没看懂").reason != "reworded"


def test_the_same_question_again_brings_a_person_but_live_data_may_be_asked_for_again() -> None:
    parent = Parent()
    parent.says("怎么开发票")
    assert (parent.says("怎么开发票？").outcome, parent.context.outcome) == ("human", "human")
    waiting = Parent()
    waiting.says("药寄到哪儿了")
    assert waiting.says("药寄到哪儿了").entry == "parcel"


def test_anger_is_heard_when_there_is_no_sure_answer() -> None:
    parent = Parent()
    parent.says("怎么上火星")
    turn = parent.says("气死我了，到底有没有人管")
    assert turn.outcome == "human"
    assert Parent().says("气死我了，怎么开发票").outcome != "human"


def test_each_turn_depends_on_its_context_alone() -> None:
    context = Context(topic="parcel", asked="药寄到哪儿了", outcome="answer")
    assert bot().ask("要几天", context=context) == bot().ask("要几天", context=context)


def test_a_context_survives_being_stored() -> None:
    parent = Parent()
    turn = parent.says("皮肤科周六出诊吗")
    assert Context.from_plain(turn.context.to_plain(), misses=0).slots.first == turn.context.slots.first
    assert Context.from_plain(None, misses=1) == Context(misses=1)


@pytest.mark.parametrize("text", ["没看懂", "还是没懂", "不是这个意思", "我没看明白啊", "都不是", "不对，不是这个"])
def test_asking_for_other_words_is_heard(text: str) -> None:
    assert wants_other_words(text)


@pytest.mark.parametrize(
    "text", ["报告看不懂", "没看懂处方上写的什么", "名字不对怎么改", "不是本人可以吗", "孩子不懂事", ""]
)
def test_a_question_is_not_taken_for_a_wish_for_other_words(text: str) -> None:
    assert not wants_other_words(text)


@pytest.mark.parametrize("text", ["那周末呢", "多久到", "这个要钱吗", "那如果是外地的", "还有老人呢"])
def test_leaning_messages_are_recognised(text: str) -> None:
    assert leans_on_topic(text)


@pytest.mark.parametrize("text", ["退费多久到账", "怎么开发票", "我想问一下那个上次在你们医院看完病开的发票怎么弄"])
def test_whole_questions_do_not_lean(text: str) -> None:
    assert not leans_on_topic(text)


def test_only_clauses_that_ask_are_questions() -> None:
    assert questions_in("昨天看的病,怎么开发票") == ()
    assert questions_in("怎么退号,发票怎么开") == ("怎么退号", "发票怎么开")
    assert questions_in("怎么开发票") == ()


@pytest.mark.parametrize("text", ["我是他妈", "我妈的手机收不到短信", "孩子烦躁"])
def test_mothers_are_not_anger(text: str) -> None:
    assert not is_angry(text)


@pytest.mark.parametrize(
    "text", ["", "那", "呢", "，" * 3000, "那" * 3000, "怎么？" * 2000, "😀😀", "<b>那周末呢</b>", "%s{0}", "\x00那呢"]
)
def test_hostile_text_gets_a_calm_turn_in_any_context(text: str) -> None:
    parent = Parent()
    parent.says("皮肤科周六出诊吗")
    turn = parent.says(text)
    assert turn.reply
    assert turn.entry in (None, *(entry.id for entry in BASE))
