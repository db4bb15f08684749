"""Danger, health and wishes as they really come: beside other questions, in other scripts, calmly or in anger."""

from __future__ import annotations

import pytest

from tests.rules.chatbot.guard_sets import other_bot
from tests.rules.chatbot.sample import demo_bot

BOTH = (demo_bot, other_bot)


@pytest.mark.parametrize(
    "query",
    [
        "haizi choucu le",
        "baobao zuichun fazi jiao bu xing",
        "wa tun le niukou dianchi",
        "孩子吞了鈕扣電池怎麼辦",
        "寶寶叫不醒，嘴唇發紫",
        "🆘😭孩子噎住了，脸都紫了",
        "您好，请教一下，两岁宝宝刚才喝了一口洁厕灵，目前精神还好",
        "she is not breathing",
        "he can't wake up after the fall",
        "孩子从二楼掉下来了",
        "女儿留了遗书，电话也不接",
        "他抖个不停，眼睛往上翻",
        "奶奶的降压药他吃了半板",
    ],
)
def test_an_emergency_is_one_in_every_script_and_tone(query: str) -> None:
    for bot in BOTH:
        assert bot().ask(query).outcome == "emergency"


@pytest.mark.parametrize(
    "query",
    [
        "怎么取消挂号，孩子刚从楼上摔下来昏过去了",
        "转人工，孩子抽搐了",
        "你这破机器人，孩子都没呼吸了",
        "发票怎么开，算了先不管了，孩子抽起来翻白眼了",
    ],
)
def test_no_other_question_hides_an_emergency(query: str) -> None:
    for bot in BOTH:
        assert bot().ask(query).outcome == "emergency"


@pytest.mark.parametrize(
    "query",
    [
        "别机器人了，孩子咳嗽吃什么药",
        "转人工太慢，我就问美林多久能喂一次",
        "机器人听不懂，孩子烧到38度5用不用吃退烧药",
        "有没有活人，宝宝起疹子抹什么",
    ],
)
def test_who_is_impatient_about_health_is_told_of_health(query: str) -> None:
    for bot in BOTH:
        assert bot().ask(query).outcome == "medical"


@pytest.mark.parametrize(
    "query",
    [
        "报告在哪里看，还有白细胞高要紧吗",
        "号怎么退？另外孩子咳嗽能喝梨水吗",
        "药收到了，这个颗粒一天吃几次",
        "怎么开发票，顺便问下退烧药和消炎药能一起吃吗",
        "处方在哪付款，药饭前吃还是饭后吃",
    ],
)
def test_a_question_of_health_beside_one_of_the_desk_is_not_answered(query: str) -> None:
    for bot in BOTH:
        assert bot().ask(query).outcome in ("medical", "suggest")


@pytest.mark.parametrize(
    "query",
    [
        "退烧药能退吗",
        "哮喘门诊周几开",
        "核磁结果几点出",
        "过敏原检测怎么约",
        "抽血在几楼",
        "急诊怎么挂号",
        "车祸的诊断证明找谁开",
        "孩子误吃过一次药，幼儿园要证明怎么开",
        "急死我了，报告怎么还不出来",
        "没有抽搐，没有发烧，就想开个病假条",
        "孩子好了，明天的号不要了怎么退",
        "人工耳蜗的费用能报销吗",
        "人脸识别老是不过",
        "医生没回复我怎么办",
        "护士冲我翻白眼，我要投诉",
    ],
)
def test_what_names_a_drug_an_organ_or_a_danger_may_be_harmless(query: str) -> None:
    for bot in BOTH:
        assert bot().ask(query).outcome in ("answer", "suggest")


@pytest.mark.parametrize("query", ["讲个笑话听听吧", "今天要带伞吗", "淘宝上买的衣服怎么退", "帮我写篇作文"])
def test_other_trades_are_not_answered(query: str) -> None:
    for bot in BOTH:
        assert bot().ask(query).outcome in ("none", "suggest")
