"""What the bot could not answer comes onto the review list, in groups, masked, every night."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from caredesk.actions import chat, replies, review_keeping
from caredesk.actions.bot_figures import bot_report, last_days
from caredesk.actions.guardrails import SecondThought
from caredesk.actions.review_views import review_list
from caredesk.conversations.models import BotTurn
from caredesk.core.ids import new_id
from caredesk.edge import review_jobs
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.review_models import ReviewQuestion
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import add_family
from tests.fixtures.reviewing import ANSWER, PARKING, ask, collect, opened, parking


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
        # Whatever the guardrails would ask about has its reason.
        says = replies.Says(text=text, thought=SecondThought(in_spite="family_asked"))
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
