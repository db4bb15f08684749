"""A second pair of eyes: nobody serves their own words alone, unless a supervisor says why."""

from __future__ import annotations

import pytest

from caredesk.actions import knowledge_approval as approval
from caredesk.actions import knowledge_editing as editing
from caredesk.actions import knowledge_publishing as publishing
from caredesk.actions.knowledge_editing import Chosen
from caredesk.actions.knowledge_views import EntryView, Reader, list_page, view_entry
from caredesk.core.work import Actor
from caredesk.knowledge_base.editor_queries import Sought
from caredesk.knowledge_base.errors import EntryChanged, NothingToPublish, SecondPersonNeeded
from caredesk.knowledge_base.models import KbPublication
from tests.actions.test_knowledge import bring, entry, served
from tests.fixtures.desk import DeskForTests


def write(desk: DeskForTests, who: str, *, answer: str) -> int:
    """Have somebody change the entry; return the version."""
    with desk.write(actor=Actor("staff", who)) as work:
        version = editing.editor.get_entry(work.session, entry_id="a").newest_version
        return editing.save_entry(work, entry("a", answer=answer), base_version=version).newest_version


def publish(desk: DeskForTests, who: str, version: int, *, four_eyes: bool = True) -> str:
    with desk.write(actor=Actor("staff", who)) as work:
        asked = publishing.ask_publication(work, [Chosen("a", version)], four_eyes=four_eyes).id
    desk.run_jobs()
    return asked


def approve(desk: DeskForTests, who: str, version: int) -> int:
    with desk.write(actor=Actor("staff", who)) as work:
        return approval.approve(work, [Chosen("a", version)])


def seen_by(desk: DeskForTests, who: str, *, four_eyes: bool = True) -> EntryView:
    with desk.read() as session:
        reader = Reader(staff_id=who, four_eyes=four_eyes)
        return view_entry(session, entry_id="a", at=desk.clock.now(), reader=reader)


@pytest.fixture(autouse=True)
def _base(desk: DeskForTests) -> None:
    """One published entry."""
    bring(desk, entry("a"))


def test_a_writer_cannot_publish_own_words_alone(desk: DeskForTests) -> None:
    version = write(desk, "wang", answer="新")
    with pytest.raises(SecondPersonNeeded) as refused:
        publish(desk, "wang", version)
    assert refused.value.fields == {"entries": ["a"], "n": 1}
    assert served(desk) == {"a": "答"}
    assert seen_by(desk, "wang").approvers == []


def test_somebody_else_publishes_them(desk: DeskForTests) -> None:
    publish(desk, "li", write(desk, "wang", answer="新"))
    assert served(desk) == {"a": "新"}


def test_once_somebody_else_has_approved_the_writer_publishes(desk: DeskForTests) -> None:
    version = write(desk, "wang", answer="新")
    assert approve(desk, "li", version) == 1
    publish(desk, "wang", version)
    assert served(desk) == {"a": "新"}


def test_an_approval_is_of_one_version_and_not_of_what_is_written_after_it(desk: DeskForTests) -> None:
    version = write(desk, "wang", answer="新")
    approve(desk, "li", version)
    later = write(desk, "wang", answer="又改了")
    with pytest.raises(SecondPersonNeeded):
        publish(desk, "wang", later)
    with pytest.raises(EntryChanged):
        approve(desk, "li", version)


def test_who_has_changed_a_colleagues_draft_is_a_writer_too(desk: DeskForTests) -> None:
    write(desk, "wang", answer="新")
    version = write(desk, "li", answer="新的")
    for who in ("wang", "li"):
        with pytest.raises(SecondPersonNeeded):
            publish(desk, who, version)


def test_two_writers_who_both_approve_are_two_pairs_of_eyes(desk: DeskForTests) -> None:
    write(desk, "wang", answer="新")
    version = write(desk, "li", answer="新的")
    approve(desk, "wang", version)
    publish(desk, "li", version)
    assert served(desk) == {"a": "新的"}


def test_what_was_published_is_nobodys_draft_any_more(desk: DeskForTests) -> None:
    publish(desk, "li", write(desk, "wang", answer="新"))
    publish(desk, "wang", write(desk, "li", answer="更新"))
    assert served(desk) == {"a": "更新"}


def test_a_supervisor_publishes_alone_with_a_reason_that_is_kept(desk: DeskForTests) -> None:
    version = write(desk, "he", answer="停电通知")
    with desk.write(actor=Actor("staff", "he")) as work:
        asked = publishing.publish_alone(work, [Chosen("a", version)], reason="夜里只有我一人").id
    desk.run_jobs()
    assert served(desk) == {"a": "停电通知"}
    with desk.read() as session:
        done = session.get_one(KbPublication, asked)
        assert (done.alone_reason, done.asked_by) == ("夜里只有我一人", "he")


def test_a_desk_may_do_without_the_second_person(desk: DeskForTests) -> None:
    version = write(desk, "wang", answer="新")
    assert not seen_by(desk, "wang", four_eyes=False).needs_second
    publish(desk, "wang", version, four_eyes=False)
    assert served(desk) == {"a": "新"}


def test_the_editor_is_told_who_wrote_and_who_approved(desk: DeskForTests) -> None:
    version = write(desk, "wang", answer="新")
    assert (seen_by(desk, "wang").needs_second, seen_by(desk, "li").needs_second) == (True, False)
    approve(desk, "li", version)
    seen = seen_by(desk, "wang")
    assert (seen.writers, seen.approvers, seen.approved, seen.has_approved) == (["wang"], ["li"], True, False)
    assert not seen.needs_second
    with desk.read() as session:
        [row] = list_page(session, sought=Sought(), offset=0, at=desk.clock.now()).entries
    assert row.approved


def test_what_does_not_wait_cannot_be_approved(desk: DeskForTests) -> None:
    with pytest.raises(NothingToPublish):
        approve(desk, "li", 1)


def test_approving_twice_is_approving_once(desk: DeskForTests) -> None:
    version = write(desk, "wang", answer="新")
    approve(desk, "li", version)
    approve(desk, "li", version)
    assert seen_by(desk, "wang").approvers == ["li"]


def test_taking_an_entry_out_of_service_needs_no_second_person(desk: DeskForTests) -> None:
    bring(desk, replace=True, publish=False)
    publish(desk, "wang", 1)
    assert served(desk) == {}
