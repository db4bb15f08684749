"""Publishing with a check before the swap: progress, loss, a supervisor's word, and what fails."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from caredesk.actions import knowledge_editing as editing
from caredesk.actions import knowledge_publishing as publishing
from caredesk.actions.knowledge_editing import Chosen
from caredesk.actions.knowledge_views import Reader, list_page, view_entry
from caredesk.actions.publication_views import list_runs, view_publication
from caredesk.chatbot.index import FaqEntry
from caredesk.core.ids import new_id
from caredesk.core.work import Actor
from caredesk.edge.services import IndexNotBuilt
from caredesk.knowledge_base.editor_queries import Sought
from caredesk.knowledge_base.errors import (
    EntryChanged,
    NothingToPublish,
    NotUndoable,
    PublicationDecided,
    PublicationRunning,
)
from caredesk.knowledge_base.models import KbEntry, KbPublication, KbRelease
from caredesk.knowledge_base.review_models import JudgedQuestion
from caredesk.knowledge_base.schemas import EntryContent
from tests.actions.test_knowledge import bring, served
from tests.fixtures.desk import DeskForTests, bot_over

BASE = (
    ("cancel", "怎么退号？", ("挂的号能退吗", "不想看了怎么取消预约")),
    ("invoice", "怎么开发票？", ("电子发票在哪下载", "报销的票据去哪拿")),
    ("parcel", "药寄到哪儿了？", ("快递单号在哪看", "怎么查药的物流")),
)


def written(entry_id: str, question: str, similar: tuple[str, ...], *, answer: str = "答") -> EntryContent:
    return EntryContent(id=entry_id, category="预约", question=question, similar=similar, answer=answer)


@pytest.fixture
def base(desk: DeskForTests) -> DeskForTests:
    """A desk with three published entries and a bot that knows them."""
    contents = [written(*row) for row in BASE]
    bring(desk, *contents)
    desk.run_jobs()
    desk.bot.bot = bot_over(
        [
            FaqEntry(id=one.id, category=one.category, question=one.question, similar=one.similar, answer=one.answer)
            for one in contents
        ]
    )
    return desk


def change(desk: DeskForTests, content: EntryContent) -> int:
    with desk.write() as work:
        version = editing.editor.get_entry(work.session, entry_id=content.id).newest_version
        return editing.save_entry(work, content, base_version=version).newest_version


def ask(desk: DeskForTests, *chosen: tuple[str, int]) -> str:
    with desk.write() as work:
        asked = [Chosen(entry_id, version) for entry_id, version in chosen]
        return publishing.ask_publication(work, asked, four_eyes=False).id


def publication(desk: DeskForTests, publication_id: str) -> KbPublication:
    with desk.read() as session:
        return session.get_one(KbPublication, publication_id)


def ruin(desk: DeskForTests) -> str:
    """Ask to publish an entry that asks word for word what another one asks already, and stands before it."""
    with desk.write() as work:
        editing.create_entry(work, written("a-thief", *BASE[0][1:]))
    return ask(desk, ("a-thief", 1))


def test_a_good_change_is_checked_and_then_served(base: DeskForTests) -> None:
    asked = ask(base, ("cancel", change(base, written(*BASE[0], answer="新的答案"))))
    assert served(base)["cancel"] == "答"
    base.run_jobs()
    done = publication(base, asked)
    assert (done.state, done.release, done.done, done.total) == ("published", 2, 9, 9)
    assert served(base)["cancel"] == "新的答案"
    assert done.report is not None
    assert (done.report["asked"], done.report["lost"], done.report["right_after"]) == (9, 0, 9)


def test_only_what_was_chosen_is_served(base: DeskForTests) -> None:
    chosen = change(base, written(*BASE[0], answer="甲"))
    change(base, written(*BASE[1], answer="乙"))
    ask(base, ("cancel", chosen))
    base.run_jobs()
    assert (served(base)["cancel"], served(base)["invoice"]) == ("甲", "答")


def test_a_loss_beyond_the_limit_blocks_and_says_what_is_lost(base: DeskForTests) -> None:
    asked = ruin(base)
    base.run_jobs()
    blocked = publication(base, asked)
    assert blocked.state == "blocked"
    assert blocked.report is not None
    assert blocked.report["lost"] > 0
    assert {one["expected"] for one in blocked.report["lost_shown"]} == {"cancel"}
    assert "a-thief" not in served(base)


def test_a_supervisors_word_publishes_what_was_blocked_and_is_kept(base: DeskForTests) -> None:
    asked = ruin(base)
    base.run_jobs()
    with base.write() as work:
        publishing.override(work, publication_id=asked, reason="两条即将合并")
    done = publication(base, asked)
    assert (done.state, done.reason, done.decided_by) == ("published", "两条即将合并", "system")
    with pytest.raises(PublicationDecided), base.write() as work:
        publishing.override(work, publication_id=asked, reason="再来一次")


def test_the_next_publication_withdraws_a_blocked_one(base: DeskForTests) -> None:
    blocked = ruin(base)
    base.run_jobs()
    ask(base, ("cancel", change(base, written(*BASE[0], answer="新"))))
    base.run_jobs()
    assert publication(base, blocked).state == "withdrawn"


def test_while_one_is_checked_no_other_begins(base: DeskForTests) -> None:
    ask(base, ("cancel", change(base, written(*BASE[0], answer="甲"))))
    with pytest.raises(PublicationRunning):
        ask(base, ("invoice", change(base, written(*BASE[1], answer="乙"))))


def test_a_withdrawn_publication_is_not_served(base: DeskForTests) -> None:
    asked = ask(base, ("cancel", change(base, written(*BASE[0], answer="新"))))
    with base.write() as work:
        publishing.withdraw(work, publication_id=asked)
    base.run_jobs()
    assert (publication(base, asked).state, served(base)["cancel"]) == ("withdrawn", "答")


def test_an_entry_changed_after_it_was_chosen_is_not_published_unseen(base: DeskForTests) -> None:
    version = change(base, written(*BASE[0], answer="甲"))
    with pytest.raises(EntryChanged):
        ask(base, ("cancel", version - 1))
    asked = ask(base, ("cancel", version))
    change(base, written(*BASE[0], answer="乙"))
    base.run_jobs()
    assert (publication(base, asked).state, publication(base, asked).reason) == ("failed", "entry_changed")
    assert served(base)["cancel"] == "答"


def test_what_does_not_wait_cannot_be_published(base: DeskForTests) -> None:
    with pytest.raises(NothingToPublish):
        ask(base, ("cancel", 1))


def test_an_index_that_cannot_be_built_leaves_the_old_one(base: DeskForTests, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise IndexNotBuilt

    monkeypatch.setattr(base.bot, "rehearse", broken)
    asked = ask(base, ("cancel", change(base, written(*BASE[0], answer="新"))))
    base.run_jobs()
    assert (publication(base, asked).state, publication(base, asked).reason) == ("failed", "index_not_built")
    assert served(base)["cancel"] == "答"
    with base.read() as session:
        assert len(session.scalars(select(KbRelease)).all()) == 1


def test_judged_questions_are_asked_too_and_those_of_lost_entries_are_not(base: DeskForTests) -> None:
    with base.write() as work:
        for text, expected in (
            ("退号怎么弄", "cancel"),
            ("今天天气怎么样", "none"),
            ("转人工", "human"),
            ("x", "gone"),
        ):
            judged = JudgedQuestion(id=new_id(), query=text, expected=expected, acceptable=["invoice"], judged_by="li")
            judged.judged_at = work.now
            work.session.add(judged)
    asked = ask(base, ("cancel", change(base, written(*BASE[0], answer="新"))))
    base.run_jobs()
    report = publication(base, asked).report
    assert report is not None
    assert (report["judged"], report["asked"], report["right_after"], report["lost"]) == (3, 12, 12, 0)


# ---- undoing ---------------------------------------------------------------------------------------------


def undo(desk: DeskForTests, publication_id: str) -> None:
    with desk.write(actor=Actor("staff", "li")) as work:
        publishing.undo(work, publication_id=publication_id)
    desk.run_jobs()


def stages(desk: DeskForTests) -> dict[str, str]:
    with desk.read() as session:
        reader = Reader(staff_id="", four_eyes=False)
        found = list_page(session, sought=Sought(), offset=0, at=desk.clock.now())
        return {
            row.id: view_entry(session, entry_id=row.id, at=desk.clock.now(), reader=reader).stage
            for row in found.entries
        }


def test_a_publication_is_undone_as_a_whole_and_what_it_brought_waits_as_drafts(base: DeskForTests) -> None:
    with base.write() as work:
        editing.create_entry(work, written("hours", "几点上班？", ()))
    chosen = [(row[0], change(base, written(*row, answer="错的"))) for row in BASE[:2]]
    asked = ask(base, *chosen, ("hours", 1))
    base.run_jobs()
    assert served(base) == {"cancel": "错的", "invoice": "错的", "parcel": "答", "hours": "答"}
    undo(base, asked)
    assert served(base) == {"cancel": "答", "invoice": "答", "parcel": "答"}
    assert stages(base) == {"cancel": "draft", "invoice": "draft", "parcel": "published", "hours": "draft"}
    done = publication(base, asked)
    assert (done.state, done.undone_by) == ("published", "li")
    with base.read() as session:
        causes = [one.cause for one in session.scalars(select(KbRelease).order_by(KbRelease.number))]
    assert causes == ["", "publication", "undo"]


def test_what_was_undone_can_be_put_right_and_published_again(base: DeskForTests) -> None:
    asked = ask(base, ("cancel", change(base, written(*BASE[0], answer="错的"))))
    base.run_jobs()
    undo(base, asked)
    ask(base, ("cancel", change(base, written(*BASE[0], answer="对的"))))
    base.run_jobs()
    assert served(base)["cancel"] == "对的"


def test_undoing_leaves_alone_what_has_gone_on_since(base: DeskForTests) -> None:
    first = ask(base, *((row[0], change(base, written(*row, answer="甲"))) for row in BASE[:2]))
    base.run_jobs()
    ask(base, ("cancel", change(base, written(*BASE[0], answer="乙"))))
    base.run_jobs()
    undo(base, first)
    assert (served(base)["cancel"], served(base)["invoice"]) == ("乙", "答")


def test_a_publication_is_undone_once(base: DeskForTests) -> None:
    asked = ask(base, ("cancel", change(base, written(*BASE[0], answer="新"))))
    base.run_jobs()
    undo(base, asked)
    with pytest.raises(NotUndoable):
        undo(base, asked)


def test_a_publication_that_served_nothing_cannot_be_undone(base: DeskForTests) -> None:
    asked = ruin(base)
    base.run_jobs()
    with pytest.raises(NotUndoable):
        undo(base, asked)


def test_a_draft_written_since_stays_the_draft_when_a_publication_is_undone(base: DeskForTests) -> None:
    asked = ask(base, ("cancel", change(base, written(*BASE[0], answer="错的"))))
    base.run_jobs()
    newest = change(base, written(*BASE[0], answer="正在写"))
    undo(base, asked)
    with base.read() as session:
        entry = session.get_one(KbEntry, "cancel")
        assert (entry.newest_version, entry.published_version, entry.pending) == (newest, 1, "update")


# ---- leaving ---------------------------------------------------------------------------------------------


def test_what_a_replacing_file_left_out_leaves_when_it_is_published_and_comes_back_when_undone(
    base: DeskForTests,
) -> None:
    bring(base, written(*BASE[0]), written(*BASE[1]), replace=True, publish=False)
    assert stages(base)["parcel"] == "leaving"
    assert "parcel" in served(base)
    asked = ask(base, ("parcel", 1))
    base.run_jobs()
    assert "parcel" not in served(base)
    undo(base, asked)
    assert (served(base)["parcel"], stages(base)["parcel"]) == ("答", "published")


# ---- the record ------------------------------------------------------------------------------------------


def test_publications_stay_on_record_with_their_figures(base: DeskForTests) -> None:
    blocked = ruin(base)
    base.run_jobs()
    base.clock.advance(minutes=5)
    good = ask(base, ("cancel", change(base, written(*BASE[0], answer="新"))))
    base.run_jobs()
    base.clock.advance(minutes=5)
    with base.write() as work:
        editing.retire_entry(work, entry_id="parcel", version=1)
    with base.read() as session:
        retirement, second, first, import_ = list_runs(session).publications
        assert view_publication(session, publication(base, blocked)).report is not None
    assert (retirement.cause, import_.cause) == ("retirement", "command")
    assert (second.id, second.state, second.undoable, second.lost) == (good, "published", True, 0)
    assert (first.id, first.state, first.undoable) == (blocked, "withdrawn", False)
    assert first.lost > 0 and first.loss > first.limit
