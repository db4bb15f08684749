"""Pictures are served to those who may see where they were shown, and to nobody else."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from caredesk.actions import chat, replies
from caredesk.actions.pictures import keep_bytes, picture_for_staff, picture_for_visitor, store_picture
from caredesk.conversations.errors import PictureNotFound
from caredesk.conversations.pictures import CheckedPicture, checked_picture
from caredesk.core.work import Actor
from tests.fixtures.desk import DeskForTests


def a_picture() -> CheckedPicture:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    return checked_picture(buffer.getvalue(), limit_bytes=100_000)


def upload(desk: DeskForTests, *, kind: str, who: str) -> str:
    picture = a_picture()
    picture_id = keep_bytes(desk.services.files, picture=picture)
    actor = Actor(kind="visitor" if kind == "visitor" else "staff", id=who)
    with desk.write(actor=actor) as work:
        return store_picture(work, picture_id=picture_id, picture=picture).id


def show_as_visitor(desk: DeskForTests, visitor_id: str, picture_id: str) -> str:
    with desk.write() as work:
        content = chat.PictureOf(picture_id=picture_id)
        written = chat.post_message(work, visitor_id=visitor_id, client_key=desk.key(), content=content, limit=100)
    return written.conversation.id


def show_as_agent(desk: DeskForTests, agent: str, conversation_id: str, picture_id: str) -> None:
    with desk.write() as work:
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(agent),
            client_key=desk.key(),
            says=replies.Says(picture_id=picture_id),
            seen_seq=10_000,
            confirmed=True,
            limit=100,
        )


def visitor_sees(desk: DeskForTests, visitor_id: str, picture_id: str) -> bool:
    with desk.read() as session:
        try:
            return picture_for_visitor(session, picture_id=picture_id, visitor_id=visitor_id).id == picture_id
        except PictureNotFound:
            return False


def staff_sees(desk: DeskForTests, staff_id: str, picture_id: str, *, floor: bool = False) -> bool:
    who = desk.as_supervisor(staff_id) if floor else desk.as_agent(staff_id)
    with desk.read() as session:
        try:
            return picture_for_staff(session, picture_id=picture_id, who=who).id == picture_id
        except PictureNotFound:
            return False


def test_what_is_kept_is_the_picture_made_anew(desk: DeskForTests) -> None:
    visitor_id = desk.visit().visitor.id

    picture_id = upload(desk, kind="visitor", who=visitor_id)

    with desk.read() as session:
        row = picture_for_visitor(session, picture_id=picture_id, visitor_id=visitor_id)
    content = desk.services.files.get(picture_id)
    assert (row.size, row.width, row.height, row.media_type) == (len(content), 40, 30, "image/png")
    assert row.sha256 == a_picture().sha256
    assert row.owner == f"visitor:{visitor_id}"


def test_a_picture_that_was_not_sent_is_its_uploaders_alone(desk: DeskForTests) -> None:
    visitor_id, agent, _ = desk.served_conversation()
    picture_id = upload(desk, kind="visitor", who=visitor_id)

    assert visitor_sees(desk, visitor_id, picture_id)
    assert not visitor_sees(desk, desk.visit().visitor.id, picture_id)
    assert not staff_sees(desk, agent, picture_id)
    assert not staff_sees(desk, agent, picture_id, floor=True)


def test_a_visitors_picture_is_seen_by_those_who_see_the_conversation(desk: DeskForTests) -> None:
    visitor_id, agent, _ = desk.served_conversation()
    stranger = desk.add_agent("zhao", queues=[desk.add_queue("other", is_default=False)])
    picture_id = upload(desk, kind="visitor", who=visitor_id)

    show_as_visitor(desk, visitor_id, picture_id)

    assert staff_sees(desk, agent, picture_id)
    assert staff_sees(desk, stranger, picture_id, floor=True)
    assert not staff_sees(desk, stranger, picture_id)


def test_an_agents_picture_is_seen_by_the_visitor_it_was_sent_to(desk: DeskForTests) -> None:
    visitor_id, agent, conversation_id = desk.served_conversation()
    picture_id = upload(desk, kind="staff", who=agent)
    assert staff_sees(desk, agent, picture_id) and not visitor_sees(desk, visitor_id, picture_id)

    show_as_agent(desk, agent, conversation_id, picture_id)

    assert visitor_sees(desk, visitor_id, picture_id)
    assert not visitor_sees(desk, desk.visit().visitor.id, picture_id)


def test_a_picture_sent_to_two_families_is_seen_by_both(desk: DeskForTests) -> None:
    first, agent, conversation_id = desk.served_conversation()
    second, _ = desk.waiting_visitor()
    desk.run_jobs()
    other_conversation = desk.accept(agent)
    picture_id = upload(desk, kind="staff", who=agent)

    show_as_agent(desk, agent, conversation_id, picture_id)
    show_as_agent(desk, agent, other_conversation, picture_id)

    assert visitor_sees(desk, first, picture_id) and visitor_sees(desk, second, picture_id)


def test_nobody_can_send_somebody_elses_picture(desk: DeskForTests) -> None:
    owner, thief = desk.visit().visitor.id, desk.visit().visitor.id
    picture_id = upload(desk, kind="visitor", who=owner)

    with pytest.raises(PictureNotFound):
        show_as_visitor(desk, thief, picture_id)

    assert not visitor_sees(desk, thief, picture_id)


def test_a_picture_that_does_not_exist_is_not_found(desk: DeskForTests) -> None:
    visitor_id = desk.visit().visitor.id

    assert not visitor_sees(desk, visitor_id, "no-such-picture")
    assert not staff_sees(desk, desk.add_staff("lin"), "no-such-picture", floor=True)
