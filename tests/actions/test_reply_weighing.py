"""Agents' replies flow into the review by themselves: own words after a miss, entries taken, suggestions tapped."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from caredesk.actions import chat, closing, replies, review_keeping, suggestions
from caredesk.actions.knowledge import publish_all
from caredesk.actions.knowledge_editing import create_entry
from caredesk.actions.review_views import cluster_view, review_list
from caredesk.chatbot.index import FaqEntry
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.review_schemas import ClusterLine
from caredesk.knowledge_base.schemas import EntryContent
from tests.fixtures.desk import DeskForTests, bot_over

REFUND = EntryContent(
    id="refund",
    category="退费",
    question="退费多久到账？",
    similar=("退的钱几天能到", "退款什么时候到"),
    answer="退款会在审核通过后1至7个工作日内原路退回到付款账户。",
)
INVOICE = EntryContent(
    id="invoice", category="票据", question="电子发票在哪里下载？", similar=("怎么开发票",), answer="在订单里点“开票”。"
)
PARKING = "医院的停车场在哪里？"
OWN_WORDS = "停车场在医院东门地下一层，凭就诊记录可减免两小时停车费。"


class Talk:
    """A conversation that an agent has, in a desk that knows refunds and invoices."""

    def __init__(self, desk: DeskForTests) -> None:
        self.desk = desk
        self.visitor, self.agent, self.id = desk.served_conversation()

    def asks(self, text: str) -> None:
        self.desk.say(self.visitor, text)
        self.desk.run_jobs()
        self.desk.clock.advance(seconds=20)

    def says(self, text: str = "", *, entry_id: str | None = None) -> None:
        with self.desk.write() as work:
            replies.reply(
                work,
                conversation_id=self.id,
                who=self.desk.as_agent(self.agent),
                client_key=self.desk.key(),
                says=replies.Says(text=text) if entry_id is None else replies.Says(entry_id=entry_id),
                seen_seq=100,
                confirmed=True,
                limit=500,
            )
        self.desk.clock.advance(seconds=20)

    def took(self, entry_id: str, *, words: str) -> None:
        with self.desk.write() as work:
            who = self.desk.as_agent(self.agent)
            suggestions.note_choice(work, conversation_id=self.id, who=who, entry_id=entry_id, words=words)

    def ends(self) -> None:
        with self.desk.write() as work:
            closing.close_conversation(
                work,
                conversation_id=self.id,
                who=self.desk.as_agent(self.agent),
                category="other",
                outcome="solved",
                note="",
            )
        self.desk.run_jobs()


@pytest.fixture
def talk(desk: DeskForTests) -> Talk:
    with desk.write() as work:
        for content in (REFUND, INVOICE):
            create_entry(work, content)
        work.session.flush()
        publish_all(work)
    desk.bot.bot = bot_over(
        [FaqEntry(one.id, one.category, one.question, one.similar, one.answer) for one in (REFUND, INVOICE)]
    )
    desk.add_option("close_category", "other")
    desk.add_option("close_outcome", "solved")
    return Talk(desk)


def kept(desk: DeskForTests) -> list[tuple[str, str | None, str, bool]]:
    with desk.read() as session:
        rows = session.scalars(select(BotFeedback).order_by(BotFeedback.at, BotFeedback.id)).all()
        return [(row.source, row.entry_id, row.question_text, row.missed) for row in rows]


def collected(desk: DeskForTests) -> list[ClusterLine]:
    with desk.write() as work:
        review_keeping.collect_now(work)
    desk.run_jobs()
    with desk.read() as session:
        return review_list(session, state="open", now=desk.clock.now()).clusters


def test_own_words_where_the_bot_has_no_answer_become_the_draft_of_an_entry(talk: Talk, desk: DeskForTests) -> None:
    talk.asks(PARKING)
    talk.says(OWN_WORDS)
    assert kept(desk) == []
    talk.ends()
    assert [(source, text, missed) for source, _, text, missed in kept(desk)] == [("agent_reply", PARKING, True)]
    [cluster] = collected(desk)
    assert (cluster.question, cluster.troubles) == (PARKING, {"agent_reply": 1})
    with desk.read() as session:
        assert cluster_view(session, cluster_id=cluster.id).draft_answer == OWN_WORDS


def test_the_bots_own_answer_in_other_words_is_no_trouble(talk: Talk, desk: DeskForTests) -> None:
    talk.asks("退费多久到账？")
    talk.says("您好，审核通过后1至7个工作日内原路退回付款账户哦")
    talk.ends()
    assert (kept(desk), collected(desk)) == ([], [])


def test_an_entry_that_the_bot_would_not_have_found_is_suggested_for_the_group(talk: Talk, desk: DeskForTests) -> None:
    asked = "那个报销的凭据我上哪弄？"
    talk.asks(asked)
    talk.took("invoice", words="凭据")
    talk.says("在订单里点“开票”。")
    talk.ends()
    assert kept(desk) == [("agent_insert", "invoice", "凭据", True)]
    [cluster] = collected(desk)
    assert cluster.troubles == {"agent_insert": 1}
    assert cluster.suggested is not None and cluster.suggested.id == "invoice"


def test_an_entry_that_was_sent_counts_though_the_agents_page_told_nothing(talk: Talk, desk: DeskForTests) -> None:
    talk.asks("那个报销的凭据我上哪弄？")
    talk.says(entry_id="invoice")
    talk.ends()
    assert [(source, entry_id, missed) for source, entry_id, _, missed in kept(desk)] == [
        ("agent_insert", "invoice", True)
    ]


def test_an_entry_that_the_bot_would_have_said_is_no_trouble(talk: Talk, desk: DeskForTests) -> None:
    talk.asks("电子发票在哪里下载？")
    talk.took("invoice", words="电子发票在哪里下载？")
    talk.says("在订单里点“开票”。")
    talk.ends()
    assert [missed for *_, missed in kept(desk)] == [False]
    assert collected(desk) == []


def test_thanks_medical_matters_and_short_replies_are_left_alone(talk: Talk, desk: DeskForTests) -> None:
    talk.asks("谢谢您，我知道了")
    talk.says("不客气，祝您和宝宝一切顺利平安。")
    talk.asks("孩子发烧38度5要吃多少布洛芬？")
    talk.says("用药要由医生判断，我帮您看看今天的出诊医生。")
    talk.asks(PARKING)
    talk.says("稍等")
    talk.ends()
    assert kept(desk) == []


def test_a_conversation_that_nobody_served_is_not_weighed(talk: Talk, desk: DeskForTests) -> None:
    visitor = desk.visit().visitor.id
    said = desk.say(visitor, PARKING)
    desk.run_jobs()
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor, conversation_id=said.conversation.id)
    desk.run_jobs()
    assert kept(desk) == []


def test_what_was_asked_before_the_handover_is_counted_once(talk: Talk, desk: DeskForTests) -> None:
    talk.ends()
    visitor = desk.visit().visitor.id
    desk.say(visitor, PARKING)
    desk.run_jobs()
    talk.visitor, talk.id = visitor, desk.ask_for_person(visitor).conversation.id
    desk.run_jobs()
    desk.accept(talk.agent)
    talk.says(OWN_WORDS)
    talk.ends()
    assert kept(desk) == [("agent_reply", None, PARKING, True)]
    [cluster] = collected(desk)
    assert (cluster.volume, cluster.troubles) == (1, {"abstained": 1})


def test_a_suggestion_that_was_tapped_becomes_another_way_to_ask_its_entry(talk: Talk, desk: DeskForTests) -> None:
    visitor = desk.visit().visitor.id
    desk.say(visitor, "钱")
    desk.run_jobs()
    with desk.read() as session:
        turn = chat.queries.find_last_turn(session, conversation_id=_open(desk, visitor))
        assert turn is not None and turn.outcome == "suggest"
    with desk.write() as work:
        content = chat.Words(text="", choice="refund")
        chat.post_message(work, visitor_id=visitor, client_key=desk.key(), content=content, limit=500)
    desk.run_jobs()
    assert kept(desk) == [("suggestion_tapped", "refund", "钱", False)]
    [cluster] = collected(desk)
    assert (cluster.troubles, cluster.cost_seconds) == ({"suggestion_tapped": 1}, 20)
    assert cluster.suggested is not None and cluster.suggested.id == "refund"


def _open(desk: DeskForTests, visitor: str) -> str:
    with desk.read() as session:
        found = chat.queries.find_open_conversation(session, visitor_id=visitor)
        assert found is not None
        return found.id
