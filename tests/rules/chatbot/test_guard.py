"""What goes before every answer: emergencies, medical questions, wishes for a person, courtesy."""

from __future__ import annotations

import pytest

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.instinct import read_examples
from caredesk.chatbot.text import normalise
from tests.rules.chatbot.sample import demo_bot, expecting, labelled

LISTS = ("emergencies", "medical", "human", "out_of_scope", "questions")


def kind_of(query: str) -> str | None:
    plain, guard = normalise(query).plain, shared_guard()
    flag = guard.red_flag(plain) or guard.medical(plain) or guard.wish_for_a_person(plain)
    return flag.kind if flag else None


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("孩子没有发烧，想问怎么退号", None),
        ("孩子抽血在哪", None),
        ("孩子抽了", "emergency"),
        ("退烧药能退吗", None),
        ("没有抽搐，就想开个病假条", None),
        ("没有发烧，但是突然抽搐", "emergency"),
        ("上次误服药物住院的病历怎么复印", None),
        ("烫伤科能网上看吗", None),
        ("页面没反应了", None),
        ("孩子没反应了", "emergency"),
        ("救命，验证码收不到", None),
        ("救命，孩子出事了", "emergency"),
        ("体检说心脏有杂音，要紧吗", "medical"),
        ("孩子发烧了，怎么取消预约", None),
        ("布洛芬一次吃几毫升", "medical"),
        ("转人工", "human"),
        ("不用转人工，怎么退号", None),
        ("别机器人了", "human"),
        ("我要找活人", "human"),
        ("人工客服几点上班", None),
        ("人工耳蜗在哪个科看", None),
        ("客服电话多少", None),
        ("医生没回答我的问题", None),
        ("你根本听不懂", "human"),
    ],
)
def test_the_word_lists_weigh_against_each_other(query: str, kind: str | None) -> None:
    assert kind_of(query) == kind


@pytest.mark.parametrize(
    ("said", "kind"),
    [("你好", "greeting"), ("在吗", "greeting"), ("好的谢谢", "thanks"), ("谢谢啦，再见", "thanks"), ("拜拜", "bye")],
)
def test_courtesy_is_recognised(said: str, kind: str) -> None:
    assert shared_guard().small_talk(normalise(said).spoken) == kind


def test_courtesy_with_a_question_is_a_question() -> None:
    assert shared_guard().small_talk(normalise("你好，怎么退号").spoken) is None


def test_the_lists_are_as_long_as_promised() -> None:
    labels = labelled(*LISTS)
    assert len(expecting("emergency", labels)) >= 80
    assert len(expecting("medical", labels)) >= 120
    assert len(expecting("human", labels)) >= 60
    assert len(expecting("none", labels)) >= 80
    assert len(expecting("entry", labels)) >= 150


def test_what_is_measured_was_not_learned() -> None:
    taught = {text for _, text in read_examples()} | set(read_lines("foreign_questions.txt"))
    assert not taught & {label.query for label in labelled("emergencies", "medical", "human", "questions")}


def test_no_emergency_is_missed() -> None:
    emergencies = expecting("emergency", labelled(*LISTS))
    missed = [label.query for label in emergencies if demo_bot().ask(label.query).outcome != "emergency"]
    assert missed == []


def test_no_medical_question_is_answered_from_the_base() -> None:
    medical = expecting("medical", labelled(*LISTS))
    outcomes = {label.query: demo_bot().ask(label.query).outcome for label in medical}
    assert [query for query, outcome in outcomes.items() if outcome == "answer"] == []
    assert sum(outcome == "medical" for outcome in outcomes.values()) >= 0.96 * len(medical)


def test_wishes_for_a_person_are_heard() -> None:
    wishes = expecting("human", labelled(*LISTS))
    heard = [label for label in wishes if demo_bot().ask(label.query).outcome == "human"]
    assert len(heard) >= 0.95 * len(wishes)


def test_good_questions_are_not_taken_for_anything_else() -> None:
    good = expecting("entry", labelled("questions"))
    taken = [one.query for one in good if demo_bot().ask(one.query).outcome in ("medical", "emergency", "human")]
    assert len(taken) <= 0.01 * len(good)
