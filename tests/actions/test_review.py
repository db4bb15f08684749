"""What the bot could not answer comes onto the review list, is dealt with once, and stays dealt with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import chat, replies, review, review_collecting, review_keeping
from caredesk.actions.bot_figures import bot_report, last_days
from caredesk.actions.knowledge import publish_all
from caredesk.actions.knowledge_editing import create_entry
from caredesk.actions.review_views import cluster_view, judged_list, judged_table, review_list
from caredesk.chatbot.bot import Turn
from caredesk.conversations.models import BotTurn
from caredesk.core.ids import new_id
from caredesk.edge import review_jobs
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.models import KbEntry, KbVersion
from caredesk.knowledge_base.review_errors import ClusterClosed, EntryMissing, NothingChosen
from caredesk.knowledge_base.review_models import ReviewQuestion
from caredesk.knowledge_base.review_schemas import ClusterLine, ClusterView
from caredesk.knowledge_base.schemas import EntryContent
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import add_family

REFUND = EntryContent(
    id="refund", category="退费", question="怎么退号", similar=("挂号费怎么退", "退挂号"), answer="在订单里点退号。"
)
PARKING = ("停车场在哪里", "医院停车场在哪", "请问停车场在哪儿呢")
ANSWER = "停车场在医院东门地下一层，凭就诊记录可减免两小时停车费。"


class KnowsRefunds:
    """A bot that answers whatever speaks of giving back, and nothing else."""

    def ask(self, text: str, **_around: object) -> Turn:
        if "退" in text:
            return Turn("answer", "", "test", entry=REFUND.id, category=REFUND.category, confidence=0.99)
        return Turn("none", "没看懂", "test")


@pytest.fixture(autouse=True)
def _base(desk: DeskForTests) -> None:
    """A queue, a published entry about refunds, and a bot that knows it."""
    desk.add_queue()
    with desk.write() as work:
        create_entry(work, REFUND)
        work.session.flush()
        publish_all(work)
    desk.bot.bot = KnowsRefunds()  # type: ignore[assignment]


def ask(desk: DeskForTests, text: str) -> str:
    """Have a new visitor ask; return the visitor."""
    visitor_id = desk.visit().visitor.id
    desk.say(visitor_id, text)
    desk.run_jobs()
    return visitor_id


def collect(desk: DeskForTests) -> list[ClusterLine]:
    with desk.write() as work:
        review_keeping.collect_now(work)
    desk.run_jobs()
    with desk.read() as session:
        return review_list(session, state="open", now=desk.clock.now()).clusters


def opened(desk: DeskForTests, cluster: ClusterLine) -> ClusterView:
    with desk.read() as session:
        return cluster_view(session, cluster_id=cluster.id)


def all_ids(view: ClusterView) -> list[str]:
    return [question.id for question in view.questions]


def entry_for(view: ClusterView, *, answer: str = ANSWER) -> EntryContent:
    similar = tuple(question.text for question in view.questions)
    return EntryContent(id="", category="到院", question=view.cluster.question, similar=similar, answer=answer)


def parking(desk: DeskForTests) -> ClusterLine:
    """Return the group of three parents who asked for the car park."""
    for text in PARKING:
        ask(desk, text)
    [cluster] = collect(desk)
    return cluster


# ---- collecting ------------------------------------------------------------------------------------------


def test_questions_without_an_answer_come_together_as_one_group(desk: DeskForTests) -> None:
    cluster = parking(desk)
    assert (cluster.volume, cluster.troubles) == (3, {"abstained": 3})
    assert cluster.question in PARKING
    assert {question.text for question in opened(desk, cluster).questions} == set(PARKING)


def test_collecting_again_changes_nothing(desk: DeskForTests) -> None:
    first = parking(desk)
    assert collect(desk) == [first]
    with desk.read() as session:
        assert len(session.scalars(select(ReviewQuestion)).all()) == 3


def test_a_group_goes_on_under_its_id_when_more_ask(desk: DeskForTests) -> None:
    first = parking(desk)
    ask(desk, "停车场在哪里呀")
    [later] = collect(desk)
    assert (later.id, later.volume) == (first.id, 4)


def test_an_answer_called_unhelpful_comes_onto_the_list_with_the_entry_that_was_shown(desk: DeskForTests) -> None:
    visitor_id = ask(desk, "怎么退号")
    with desk.write() as work:
        turn = work.session.scalars(select(BotTurn)).one()
        chat.give_feedback(work, visitor_id=visitor_id, message_id=str(turn.reply_id), helpful=False)
    [cluster] = collect(desk)
    assert cluster.troubles == {"parent_unhelpful": 1}
    assert cluster.shown is not None and cluster.shown.id == "refund"


def test_a_parent_who_changes_their_mind_takes_the_question_off_the_list(desk: DeskForTests) -> None:
    visitor_id = ask(desk, "怎么退号")
    for helpful, expected in ((False, 1), (True, 0)):
        with desk.write() as work:
            turn = work.session.scalars(select(BotTurn)).one()
            chat.give_feedback(work, visitor_id=visitor_id, message_id=str(turn.reply_id), helpful=helpful)
        assert len(collect(desk)) == expected


def test_asking_for_a_person_after_an_answer_puts_the_question_onto_the_list(desk: DeskForTests) -> None:
    visitor_id = ask(desk, "怎么退号")
    desk.ask_for_person(visitor_id)
    [cluster] = collect(desk)
    assert cluster.troubles == {"handoff_after_answer": 1}


def test_asking_people_about_it_in_another_conversation_counts_as_the_figures_count_it(desk: DeskForTests) -> None:
    guardian = add_family(desk)
    first = desk.visit(external_id=guardian).visitor.id
    conversation_id = desk.say(first, "怎么退号").conversation.id
    desk.run_jobs()
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=first, conversation_id=conversation_id)
    desk.clock.advance(hours=2)
    desk.ask_for_person(desk.visit(external_id=guardian).visitor.id)
    [cluster] = collect(desk)
    assert cluster.troubles == {"handoff_after_answer": 1}
    desk.clock.advance(hours=48)
    now = desk.clock.now()
    with desk.read() as session:
        figures = bot_report(session, days=last_days(7, now=now), now=now).figures
    assert (figures.deflection.part, figures.deflection.of) == (0, 1)


def test_the_agents_reply_becomes_the_draft_and_the_handling_time_the_cost(desk: DeskForTests) -> None:
    visitor_id = ask(desk, PARKING[0])
    serve(desk, visitor_id, ANSWER)
    [cluster] = collect(desk)
    view = opened(desk, cluster)
    assert view.draft_answer == ANSWER
    assert cluster.handling_seconds == 300
    assert cluster.cost_seconds == 300 * cluster.volume


def serve(desk: DeskForTests, visitor_id: str, text: str) -> str:
    """Have an agent take the visitor's conversation, say this and close it after five minutes."""
    with desk.read() as session:
        queue_id = queue_queries.list_queues(session)[0].id
    agent = desk.add_agent(f"agent{new_id()[-6:]}", queues=[queue_id])
    conversation_id = desk.ask_for_person(visitor_id).conversation.id
    desk.run_jobs()
    desk.accept(agent)
    desk.clock.advance(minutes=5)
    with desk.write() as work:
        says = replies.Says(text=text)
        who = desk.as_agent(agent)
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=who,
            client_key=desk.key(),
            says=says,
            seen_seq=100,
            confirmed=True,
            limit=500,
        )
    with desk.write() as work:
        conversation = replies.lock_visible(work, conversation_id=conversation_id, who=who)
        chat.close(work, conversation, by=agent, category="", outcome="", note="")
    return agent


def test_personal_data_is_masked_in_questions_and_drafts(desk: DeskForTests) -> None:
    guardian = add_family(desk)
    visitor_id = desk.visit(external_id=guardian).visitor.id
    desk.say(visitor_id, "停车场在哪里，我电话13800138000，身份证110105201501011234")
    desk.run_jobs()
    serve(desk, visitor_id, "停车场在东门，已给13900139000发了短信，请您查收一下。")
    [cluster] = collect(desk)
    view = opened(desk, cluster)
    shown = view.model_dump_json()
    assert not any(number in shown for number in ("13800138000", "13900139000", "110105201501011234"))
    assert "138****8000" in view.questions[0].text and not view.questions[0].usable
    assert "139****9000" in view.draft_answer


def test_words_an_agent_wrote_instead_of_a_suggestion_are_collected_too(desk: DeskForTests) -> None:
    visitor_id = ask(desk, "怎么退号")
    conversation_id = desk.ask_for_person(visitor_id).conversation.id
    with desk.write() as work:
        work.session.add(
            BotFeedback(
                id=new_id(),
                conversation_id=conversation_id,
                question_text="院内有没有母婴室",
                source="agent_reply",
                actor_id="a",
                at=work.now,
            )
        )
    assert {"agent_reply": 1} in [cluster.troubles for cluster in collect(desk)]


def test_the_entry_that_agents_insert_is_suggested_for_the_group(desk: DeskForTests) -> None:
    visitor_id = ask(desk, PARKING[0])
    with desk.write() as work:
        turn = work.session.scalars(select(BotTurn)).one()
        work.session.add(
            BotFeedback(
                id=new_id(),
                conversation_id=turn.conversation_id,
                bot_turn_id=turn.id,
                entry_id="refund",
                question_text=PARKING[0],
                source="agent_insert",
                actor_id="a",
                at=work.now,
            )
        )
    [cluster] = collect(desk)
    assert visitor_id and cluster.suggested is not None and cluster.suggested.id == "refund"


def test_the_collection_runs_every_night_by_itself(desk: DeskForTests) -> None:
    with desk.write() as work:
        review_keeping.schedule_nightly(work)
    for text in PARKING:
        ask(desk, text)
    desk.clock.advance(hours=12)
    assert desk.run_jobs() == 0
    for nights in (1, 2):
        desk.clock.advance(hours=24)
        assert desk.run_jobs() == 2, nights
    with desk.read() as session:
        [cluster] = review_list(session, state="open", now=desk.clock.now()).clusters
    assert (cluster.volume, cluster.cost_seconds) == (3, 3 * 240)


def test_a_collection_that_fails_does_not_end_the_nights(desk: DeskForTests, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.write() as work:
        review_keeping.schedule_nightly(work)

    def broken(*_: object, **__: object) -> None:
        message = "no memory left"
        raise MemoryError(message)

    with monkeypatch.context() as patched:
        patched.setattr(review_jobs, "collect", broken)
        desk.clock.advance(hours=24)
        desk.run_jobs()
    ask(desk, PARKING[0])
    desk.clock.advance(hours=24)
    desk.run_jobs()
    with desk.read() as session:
        assert len(review_list(session, state="open", now=desk.clock.now()).clusters) == 1


# ---- deciding --------------------------------------------------------------------------------------------


def test_a_new_entry_takes_the_chosen_questions_and_the_rest_stay(desk: DeskForTests) -> None:
    view = opened(desk, parking(desk))
    chosen = all_ids(view)[:2]
    with desk.write() as work:
        entry = review.make_entry(
            work, cluster_id=view.cluster.id, question_ids=chosen, content=entry_for(view), for_review=False
        )
    left = opened(desk, view.cluster)
    assert (left.cluster.state, left.cluster.volume) == ("open", 1)
    assert sorted(question.settled_as for question in left.questions) == ["", "entry", "entry"]
    with desk.read() as session:
        assert session.get_one(KbEntry, entry.id).state == "draft"
    [again] = collect(desk)
    assert (again.id, again.volume) == (view.cluster.id, 1)


def test_one_click_makes_the_entry_and_asks_for_its_review(desk: DeskForTests) -> None:
    view = opened(desk, parking(desk))
    with desk.write() as work:
        entry = review.make_entry(
            work, cluster_id=view.cluster.id, question_ids=all_ids(view), content=entry_for(view), for_review=True
        )
    with desk.read() as session:
        assert session.get_one(KbEntry, entry.id).review_asked_at is not None
        assert review_list(session, state="open", now=desk.clock.now()).clusters == []
        assert [
            line.result.id for line in review_list(session, state="done", now=desk.clock.now()).clusters if line.result
        ] == [entry.id]
    assert collect(desk) == []


def test_chosen_questions_become_similar_questions_of_an_entry(desk: DeskForTests) -> None:
    view = opened(desk, parking(desk))
    with desk.write() as work:
        review.add_similar(work, cluster_id=view.cluster.id, question_ids=all_ids(view), entry_id="refund")
    with desk.read() as session:
        newest = session.scalars(select(KbVersion).order_by(KbVersion.version.desc())).first()
        assert newest is not None
        assert set(PARKING) <= set(newest.similar) and set(REFUND.similar) <= set(newest.similar)
        served = knowledge.find_served(session, entry_id="refund", at=desk.clock.now())
        assert served is not None and served.similar == list(REFUND.similar)


def test_questions_that_an_entry_has_already_or_that_are_masked_are_not_added_to_it() -> None:
    content = EntryContent(id="a", category="", question="怎么退号", similar=("退号",), answer="点退号")
    texts = ["怎么退号？", "退号", "退一下号", "我是138****8000要退号", "退一下号！", "长" * 201, "？"]
    assert review.with_questions(content, texts) == ("退号", "退一下号")


def test_a_judged_question_is_kept_once_with_its_last_judgement(desk: DeskForTests) -> None:
    view = opened(desk, parking(desk))
    with desk.write() as work:
        review.judge(work, cluster_id=view.cluster.id, question_ids=all_ids(view)[:1], expected="none")
        review.judge(work, cluster_id=view.cluster.id, question_ids=all_ids(view)[1:], expected="refund")
    with desk.read() as session:
        table = judged_table(session)
        assert {line.expected for line in judged_list(session).judged} == {"none", "refund"}
    assert table.splitlines()[0] == "query,expected,acceptable,slice"
    assert len(table.splitlines()) == 4
    with desk.write() as work:
        review.withdraw_judgement(work, judged_id=judged_id(desk))
    with desk.read() as session:
        assert len(judged_list(session).judged) == 2


def judged_id(desk: DeskForTests) -> str:
    with desk.read() as session:
        return judged_list(session).judged[0].id


def test_a_judgement_names_an_entry_that_exists(desk: DeskForTests) -> None:
    view = opened(desk, parking(desk))
    with pytest.raises(EntryMissing), desk.write() as work:
        review.judge(work, cluster_id=view.cluster.id, question_ids=all_ids(view), expected="nowhere")


def test_what_is_not_our_topic_stays_off_the_list_also_when_it_is_asked_again(desk: DeskForTests) -> None:
    cluster = parking(desk)
    with desk.write() as work:
        review.dismiss(work, cluster_id=cluster.id, outcome="not_ours")
    ask(desk, PARKING[1])
    assert collect(desk) == []


def test_what_was_done_comes_back_when_it_is_asked_again(desk: DeskForTests) -> None:
    cluster = parking(desk)
    with desk.write() as work:
        review.dismiss(work, cluster_id=cluster.id, outcome="done")
    assert collect(desk) == []
    desk.clock.advance(hours=1)
    ask(desk, PARKING[1])
    [again] = collect(desk)
    assert (again.volume, again.id == cluster.id) == (1, False)


def test_a_dismissed_group_can_be_brought_back_whole(desk: DeskForTests) -> None:
    cluster = parking(desk)
    with desk.write() as work:
        review.dismiss(work, cluster_id=cluster.id, outcome="not_ours")
    with desk.write() as work:
        review.reopen(work, cluster_id=cluster.id)
        review.reopen(work, cluster_id=cluster.id)
    [back] = collect(desk)
    assert (back.id, back.volume) == (cluster.id, 3)


def test_a_closed_group_takes_no_second_decision(desk: DeskForTests) -> None:
    view = opened(desk, parking(desk))
    with desk.write() as work:
        review.dismiss(work, cluster_id=view.cluster.id, outcome="done")
    for second in (
        lambda work: review.dismiss(work, cluster_id=view.cluster.id, outcome="not_ours"),
        lambda work: review.judge(work, cluster_id=view.cluster.id, question_ids=all_ids(view), expected="none"),
    ):
        with pytest.raises(ClusterClosed), desk.write() as work:
            second(work)


def test_without_a_chosen_question_nothing_is_made(desk: DeskForTests) -> None:
    view = opened(desk, parking(desk))
    with pytest.raises(NothingChosen), desk.write() as work:
        review.make_entry(
            work, cluster_id=view.cluster.id, question_ids=["none"], content=entry_for(view), for_review=False
        )
    with desk.read() as session:
        assert [row.id for row in session.scalars(select(KbEntry))] == ["refund"]


def test_what_is_settled_while_the_groups_are_made_stays_settled(desk: DeskForTests) -> None:
    cluster = parking(desk)
    from_before = made_before(desk)
    with desk.write() as work:
        review.dismiss(work, cluster_id=cluster.id, outcome="done")
    with desk.write() as work:
        review_keeping.keep_collection(work, collection=from_before)
    with desk.read() as session:
        assert review_list(session, state="open", now=desk.clock.now()).clusters == []


def made_before(desk: DeskForTests) -> review_collecting.Collection:
    with desk.read() as session:
        return review_collecting.collect(session, now=desk.clock.now())


def test_questions_older_than_the_reach_keep_their_place_on_the_list(desk: DeskForTests) -> None:
    cluster = parking(desk)
    desk.clock.advance(days=40)
    [later] = collect(desk)
    assert (later.id, later.volume) == (cluster.id, 3)
    assert later.last_at < desk.clock.now() - timedelta(days=30)
