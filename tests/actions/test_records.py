"""Search finds what may be seen and nothing else; an export is whole, masked, and leaves its mark (B39, B61)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql

from caredesk.actions import chat, closing, promises, replies
from caredesk.actions.exports import ExportDocument, export_conversation
from caredesk.actions.records import PAGE, Hits, Question, search_records, sight_of
from caredesk.actions.replies import AsStaff
from caredesk.conversations import search_queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import Conversation, Picture
from caredesk.conversations.search_queries import Sought
from caredesk.core.clock import from_clinic
from caredesk.core.errors import BadInput
from caredesk.core.ids import new_id
from caredesk.core.paging import CursorUnreadable
from caredesk.core.work import Actor
from caredesk.events.shapes import NoticeBody, PictureBody, TextBody
from tests.fixtures.desk import OFFICE, DeskForTests
from tests.fixtures.records import PHONE, add_family, conversation_of_family, name_hospital, put_into_queue

Search = Callable[..., Hits]


@pytest.fixture
def boss(desk: DeskForTests) -> AsStaff:
    return desk.as_supervisor(desk.add_staff("boss", roles=("supervisor",)))


@pytest.fixture
def search(desk: DeskForTests, boss: AsStaff) -> Search:
    def run(*, who: AsStaff = boss, cursor: str | None = None, **asked: Any) -> Hits:
        with desk.read() as session:
            return search_records(session, who=who, question=Question(**asked), cursor=cursor)

    return run


def ids(hits: Hits) -> list[str]:
    return [hit.conversation.id for hit in hits.hits]


def said(desk: DeskForTests, text: str) -> str:
    return desk.say(desk.visit().visitor.id, text).conversation.id


# ---- words -----------------------------------------------------------------------------------------------


def test_words_are_found_in_chinese_and_in_any_case(desk: DeskForTests, search: Search) -> None:
    refund = said(desk, "请问 Refund 退款多久到账？")
    said(desk, "快递到哪里了")

    assert ids(search(text="退款")) == [refund]
    assert ids(search(text="refund 退款")) == [refund]
    assert ids(search(text="REFUND")) == [refund]
    assert ids(search(text="  到账？ ")) == [refund]
    assert ids(search(text="退款快递")) == []


def test_wildcards_are_words_like_any_other(desk: DeskForTests, search: Search) -> None:
    said(desk, "abc 退费 50 元")
    written = {typed: said(desk, f"前面{typed}后面") for typed in ("%", "_", "50%退费", "\\", "a_c")}

    assert ids(search(text="%")) == [written["50%退费"], written["%"]]
    assert ids(search(text="_")) == [written["a_c"], written["_"]]
    assert [ids(search(text=typed)) for typed in ("50%退费", "\\", "a_c", "%%")] == [
        [written["50%退费"]],
        [written["\\"]],
        [written["a_c"]],
        [],
    ]


def test_notes_are_searched_because_staff_wrote_them(desk: DeskForTests, search: Search) -> None:
    _, agent, conversation_id = desk.served_conversation()
    with desk.write() as work:
        replies.add_note(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(agent),
            client_key=desk.key(),
            text="家长情绪激动，注意安抚",
            limit=500,
        )

    [hit] = search(text="安抚").hits

    assert hit.conversation.id == conversation_id
    assert hit.snippet == "家长情绪激动，注意安抚"


def test_the_snippet_shows_the_last_place_where_the_words_stand(desk: DeskForTests, search: Search) -> None:
    visitor_id = desk.visit().visitor.id
    desk.say(visitor_id, "第一次说退款")
    desk.say(visitor_id, f"{'很长' * 40}第二次说退款，号码{PHONE}")
    desk.say(visitor_id, "谢谢")

    [hit] = search(text="退款").hits

    assert "第二次说退款" in hit.snippet and hit.snippet.startswith("…")
    # Text is shown as it was written: masking is for the family's data, not for what people say.
    assert PHONE in hit.snippet


def test_without_words_the_snippet_is_the_last_message(desk: DeskForTests, search: Search) -> None:
    said(desk, "快递到哪里了")

    assert [hit.snippet for hit in search().hits] == ["快递到哪里了"]


# ---- person, number, date --------------------------------------------------------------------------------


def test_a_person_is_found_by_name_child_or_phone(desk: DeskForTests, search: Search) -> None:
    _, wang = conversation_of_family(desk, guardian_id=add_family(desk))
    _, li = conversation_of_family(desk, guardian_id=add_family(desk, name="李雷", child="李小雷", phone="13900001111"))
    said(desk, "匿名家长的问题")

    for person in ("王小明", "小明", "王乐乐", "5678", PHONE, "138 0000 5678"):
        assert ids(search(person=person)) == [wang], person
    assert ids(search(person="小")) == [li, wang]
    for nobody in ("赵", "0000", "%", "王_明"):
        assert ids(search(person=nobody)) == [], nobody
    assert [hit.conversation.title for hit in search(person="小").hits] == ["李**", "王**"]


def test_a_number_is_found_whole_and_by_its_end(desk: DeskForTests, search: Search) -> None:
    conversations = [said(desk, "问题") for _ in range(12)]
    second, twelfth = conversations[1], conversations[11]

    assert ids(search(number="20261123-0012")) == [twelfth]
    assert ids(search(number="202611230012")) == [twelfth]
    assert ids(search(number="0002")) == [second]
    assert ids(search(number="2")) == [twelfth, second]
    assert ids(search(number="20261122-0012")) == []
    assert ids(search(number="没有数字")) == []


def test_dates_are_the_clinics_days(desk: DeskForTests, search: Search) -> None:
    desk.clock.set(from_clinic(datetime(2026, 11, 23, 23, 59, 59)))  # noqa: DTZ001 (clinic time)
    monday = said(desk, "周一最后一秒")
    desk.clock.set(from_clinic(datetime(2026, 11, 24, 0, 0)))  # noqa: DTZ001 (clinic time)
    tuesday = said(desk, "周二第一秒")

    assert ids(search(since=date(2026, 11, 23), until=date(2026, 11, 23))) == [monday]
    assert ids(search(since=date(2026, 11, 24))) == [tuesday]
    assert ids(search(until=date(2026, 11, 24))) == [tuesday, monday]
    assert ids(search(since=date(2026, 11, 25))) == []


def test_a_conversation_is_also_found_on_the_day_it_was_closed(desk: DeskForTests, search: Search) -> None:
    visitor_id = desk.visit().visitor.id
    conversation_id = desk.say(visitor_id).conversation.id
    desk.clock.advance(days=2)
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)

    days = [date(2026, 11, 23) + timedelta(days=n) for n in range(4)]

    assert [ids(search(since=day, until=day)) for day in days] == [[conversation_id], [], [conversation_id], []]


def test_dates_that_make_no_sense_are_refused(search: Search) -> None:
    backwards = {"since": date(2026, 11, 24), "until": date(2026, 11, 23)}
    for asked in (backwards, {"until": date.max}, {"since": date.min}):
        with pytest.raises(BadInput):
            search(**asked)


def test_all_that_is_asked_for_must_hold(desk: DeskForTests, search: Search) -> None:
    guardian_id = add_family(desk)
    _, found = conversation_of_family(desk, guardian_id=guardian_id, text="退款")
    said(desk, "退款")
    conversation_of_family(desk, guardian_id=guardian_id, text="快递")

    assert ids(search(text="退款", person="王小明", number="1", since=date(2026, 11, 23))) == [found]


# ---- pages -----------------------------------------------------------------------------------------------


def test_pages_follow_each_other_newest_first_without_gap_or_repeat(desk: DeskForTests, search: Search) -> None:
    # Several are opened in the same instant: time alone would not be an order.
    opened = []
    for number in range(2 * PAGE + 5):
        opened.append(said(desk, f"退款{number}"))
        if number % 7 == 0:
            desk.clock.advance(minutes=1)

    found: list[str] = []
    cursor: str | None = None
    sizes = []
    while cursor or not sizes:
        page = search(text="退款", cursor=cursor)
        sizes.append(len(page.hits))
        found += ids(page)
        cursor = page.cursor

    assert sizes == [PAGE, PAGE, 5]
    assert found == opened[::-1]


def test_a_full_last_page_says_that_it_is_the_last(desk: DeskForTests, search: Search) -> None:
    for number in range(PAGE):
        said(desk, f"退款{number}")

    assert (len(search().hits), search().cursor) == (PAGE, None)


def test_a_cursor_of_somebody_elses_making_is_refused(search: Search) -> None:
    for cursor in ("x", "退款", "AAAA", "' or 1=1", "bm90LWEtY3Vyc29y"):
        with pytest.raises(CursorUnreadable):
            search(cursor=cursor)


# ---- who may see -----------------------------------------------------------------------------------------


def test_an_agent_finds_their_own_and_their_queues_conversations_only(desk: DeskForTests, search: Search) -> None:
    general, other = desk.add_queue(), desk.add_queue("other", is_default=False)
    agent = desk.as_agent(desk.add_agent("lin", queues=[general], ready=False))
    in_queue, elsewhere, with_bot = (said(desk, "退款") for _ in range(3))
    put_into_queue(desk, in_queue, queue_id=general)
    put_into_queue(desk, elsewhere, queue_id=other)

    assert ids(search(who=agent, text="退款")) == [in_queue]
    assert ids(search(text="退款")) == [with_bot, elsewhere, in_queue]


def test_search_and_opening_agree_on_what_may_be_seen(desk: DeskForTests, boss: AsStaff) -> None:
    """One rule stands in SQL for lists and in Python for one conversation: they must say the same."""
    general, other = desk.add_queue(), desk.add_queue("other", is_default=False)
    lin, zhao = desk.add_agent("lin", queues=[general]), desk.add_agent("zhao", queues=[other])
    guardian_id = add_family(desk)
    for queue_id in (None, general, other):
        for family in (None, guardian_id):
            visitor_id = desk.visit(external_id=family).visitor.id
            first = desk.say(visitor_id).conversation.id
            with desk.write() as work:
                chat.end_conversation(work, visitor_id=visitor_id, conversation_id=first)
            desk.say(visitor_id)
            if queue_id:
                put_into_queue(desk, first, queue_id=queue_id)
    served, _ = conversation_of_family(desk, guardian_id=guardian_id)
    desk.ask_for_person(served)
    desk.run_jobs()
    desk.accept(lin)

    with desk.read() as session:
        everything = session.query(Conversation).all()
        for who in (desk.as_agent(lin), desk.as_agent(zhao), boss):
            opened = {c.id for c in everything if replies.can_see(session, c, who=who)}
            sight = sight_of(session, who=who)
            listed = search_queries.search_conversations(session, sight=sight, sought=Sought(), after=None, limit=100)
            assert {c.id for c in listed} == opened
    assert len(everything) == 13


# ---- export ----------------------------------------------------------------------------------------------


def export(desk: DeskForTests, conversation_id: str, *, who: AsStaff) -> ExportDocument:
    with desk.write(actor=Actor(kind="staff", id=who.staff_id, name="客服boss")) as work:
        return export_conversation(work, conversation_id=conversation_id, who=who, form="json")


def rich_conversation(desk: DeskForTests) -> str:
    """A family's conversation with everything in it: picture, note, number to call back, matching, close, rating."""
    name_hospital(desk)
    agent = desk.add_agent("lin", queues=[desk.add_queue(hours=OFFICE)])
    visitor_id, conversation_id = conversation_of_family(desk, guardian_id=add_family(desk))
    desk.run_jobs()
    desk.clock.set(from_clinic(datetime(2026, 11, 23, 20, 0)))  # noqa: DTZ001 (clinic time)
    leave_message_with_picture(desk, visitor_id=visitor_id, conversation_id=conversation_id)
    desk.clock.set(from_clinic(datetime(2026, 11, 24, 8, 0)))  # noqa: DTZ001 (clinic time)
    with desk.write() as work:
        promises.follow_all_queues(work)
    desk.run_jobs()
    desk.accept(agent)
    note_and_close(desk, agent=agent, conversation_id=conversation_id)
    with desk.write() as work:
        chat.rate(work, visitor_id=visitor_id, conversation_id=conversation_id, score=5, reasons=[], comment="很好")
    return conversation_id


def leave_message_with_picture(desk: DeskForTests, *, visitor_id: str, conversation_id: str) -> None:
    """Have the visitor ask for a person at night, leave a message and a number, and send a picture."""
    with desk.write() as work:
        chat.ask_for_person(work, visitor_id=visitor_id, client_key=desk.key())
        chat.leave_message(
            work,
            visitor_id=visitor_id,
            conversation_id=conversation_id,
            client_key=desk.key(),
            text="请给我回电",
            phone=PHONE,
            limit=500,
        )
        picture = Picture(
            id=new_id(),
            owner=f"visitor:{visitor_id}",
            media_type="image/png",
            size=3,
            width=2,
            height=1,
            sha256="a" * 64,
            created_at=work.now,
        )
        work.session.add(picture)
        work.session.flush()
        content = chat.PictureOf(picture_id=picture.id)
        chat.post_message(work, visitor_id=visitor_id, client_key=desk.key(), content=content, limit=500)


def note_and_close(desk: DeskForTests, *, agent: str, conversation_id: str) -> None:
    """Have the agent write an internal note and close."""
    desk.add_option("close_category", "parcel")
    desk.add_option("close_outcome", "solved", parent="parcel")
    who = desk.as_agent(agent)
    with desk.write() as work:
        replies.add_note(
            work, conversation_id=conversation_id, who=who, client_key=desk.key(), text="内部备注", limit=500
        )
        closing.close_conversation(
            work, conversation_id=conversation_id, who=who, category="parcel", outcome="solved", note=""
        )


def test_an_export_holds_the_whole_conversation(desk: DeskForTests, boss: AsStaff) -> None:
    conversation_id = rich_conversation(desk)

    record = export(desk, conversation_id, who=boss)

    facts = record.conversation
    assert (facts.number, facts.status, facts.queue) == ("20261123-0001", "closed", "队列general")
    assert (facts.agent, facts.close_category, facts.close_outcome) == ("客服lin", "parcel", "solved")
    assert {label.key for label in record.labels} == {"parcel", "solved"}
    assert [entry.seq for entry in record.timeline] == list(range(1, len(record.timeline) + 1))
    assert [e.body.text for e in record.timeline if e.kind == "note" and isinstance(e.body, TextBody)] == ["内部备注"]
    assert [e.body.width for e in record.timeline if isinstance(e.body, PictureBody)] == [2]
    assert [picture.sha256 for picture in record.pictures] == ["a" * 64]
    assert [(offer.agent, offer.state) for offer in record.offers] == [("客服lin", "accepted")]
    assert record.decisions[-1].chosen_name == "客服lin" and record.decisions[-1].candidates
    assert record.bot_turns and record.rating and record.rating.comment == "很好"
    assert ExportDocument.model_validate_json(record.model_dump_json()) == record


def test_an_export_is_masked(desk: DeskForTests, boss: AsStaff) -> None:
    record = export(desk, rich_conversation(desk), who=boss)

    plain = record.model_dump_json()
    assert record.family and record.family.guardian.name == "王**"
    assert PHONE not in plain and "王小明" not in plain
    [callback] = [e.body for e in record.timeline if isinstance(e.body, NoticeBody) and "phone" in e.body.fields]
    assert callback.fields["phone"] == "138****5678"


def test_an_export_leaves_a_notice_for_staff_and_a_line_without_text_in_the_log(
    desk: DeskForTests, boss: AsStaff, caplog: pytest.LogCaptureFixture
) -> None:
    visitor_id, conversation_id = desk.waiting_visitor() if desk.add_queue() else ("", "")
    desk.say(visitor_id, "很私密的话")
    shown = len(desk.push.of_type("message.created"))
    caplog.set_level("INFO", logger="caredesk")

    record = export(desk, conversation_id, who=boss)

    last = record.timeline[-1]
    assert isinstance(last.body, NoticeBody) and last.internal
    assert (last.body.code, last.body.fields) == ("exported", {"name": "客服boss", "format": "json"})
    assert desk.push.of_type("entry.appended")[-1].entry == last
    assert desk.push.of_type("conversation.changed")[-1].conversation.head == last.seq
    assert len(desk.push.of_type("message.created")) == shown
    [line] = [r for r in caplog.records if r.message == "conversation exported"]
    assert (line.conversation_id, line.staff_id) == (conversation_id, boss.staff_id)  # type: ignore[attr-defined]
    assert "很私密的话" not in caplog.text


def test_what_may_not_be_seen_cannot_be_exported(desk: DeskForTests) -> None:
    conversation_id = said(desk, "退款")
    stranger = desk.as_agent(desk.add_staff("zhao"))

    with pytest.raises(ConversationNotFound):
        export(desk, conversation_id, who=stranger)

    with desk.read() as session:
        count = session.execute(sql("select count(*) from entry where kind = 'notice'")).scalar()
    assert count == 0
