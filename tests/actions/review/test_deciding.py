"""What is on the review list is dealt with once, and stays dealt with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import review, review_collecting, review_keeping
from caredesk.actions.review_views import judged_list, judged_table, review_list
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base.models import KbEntry, KbVersion
from caredesk.knowledge_base.review_errors import ClusterClosed, EntryMissing, NothingChosen
from caredesk.knowledge_base.schemas import EntryContent
from tests.fixtures.desk import DeskForTests
from tests.fixtures.reviewing import PARKING, REFUND, all_ids, ask, collect, entry_for, opened, parking


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
