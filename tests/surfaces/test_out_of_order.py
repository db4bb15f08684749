"""Requests that would be right at another time, by somebody else, or in another conversation.

Each is refused with the code that says why, and leaves every table as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from caredesk.accounts import presence_queries
from caredesk.actions import chat, routing, transfers
from caredesk.application import create_app
from caredesk.conversations import queries as conversation_queries
from caredesk.core.ids import new_id
from caredesk.core.paging import write_cursor
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import bearer, name_hospital, sign_in
from tests.fixtures.stored import AUDIT, State, state_of

CHAT, CONSOLE = "/api/chat/conversations", "/api/console/conversations"


class Unlimited:
    """Counts nothing."""

    def hit(self, _rule: str, *_parts: str) -> int:
        return 0

    def hit_each(self, _rule: str, whos: Sequence[str]) -> list[int]:
        return [0] * len(whos)


@dataclass
class Place:
    """Two visitors, two agents of one queue and one of another, at a desk with its lists."""

    desk: DeskForTests
    browser: FlaskClient
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def set_up(self) -> None:
        desk, ids = self.desk, self.ids
        name_hospital(desk)
        for kind in ("transfer_reason", "close_category", "close_outcome", "break_reason"):
            desk.add_option(kind, "other")
        ids["queue"], ids["elsewhere"] = desk.add_queue(), desk.add_queue("elsewhere", is_default=False)
        ids["lin"] = desk.add_agent("lin", queues=[ids["queue"]])
        ids["mei"] = desk.add_agent("mei", queues=[ids["queue"]], ready=False)
        ids["far"] = desk.add_agent("far", queues=[ids["elsewhere"]])
        for name in ("wang", "zhao"):
            opened = desk.visit()
            ids[name], self.tokens[name] = opened.visitor.id, opened.token or ""

    def served(self, name: str = "wang") -> str:
        """Have lin serve a visitor; return the conversation."""
        conversation_id = self.waiting(name)
        self.desk.accept(self.ids["lin"])
        return conversation_id

    def waiting(self, name: str = "wang") -> str:
        """Have a visitor wait, on offer to lin; return the conversation."""
        conversation_id = self.desk.ask_for_person(self.ids[name]).conversation.id
        self.desk.run_jobs()
        return conversation_id

    def closed(self, name: str = "wang") -> str:
        conversation_id = self.served(name)
        with self.desk.write() as work:
            chat.end_conversation(work, visitor_id=self.ids[name], conversation_id=conversation_id)
        return conversation_id

    def offer(self) -> str:
        with self.desk.read() as session:
            return queue_queries.list_pending_offers(session, staff_id=self.ids["lin"])[0].id

    def ask(self, who: str, method: str, path: str, body: Any = None) -> Any:
        mine = bearer(self.tokens[who]) if who in self.tokens else None
        headers = mine or sign_in(self.desk, self.browser, staff_id=self.ids[who])
        # Signing in is not part of what is asked.
        before = self.state()
        answer = self.browser.open(path, method=method, json=body, headers=headers)
        return answer, before

    def state(self) -> State:
        with self.desk.read() as session:
            return state_of(session, without=AUDIT)


@pytest.fixture
def place(desk: DeskForTests) -> Place:
    made = Place(desk, create_app(replace(desk.services, limits=Unlimited())).test_client())
    made.set_up()
    return made


def reply(**changes: Any) -> dict[str, Any]:
    words = {"kind": "text", "text": "您好"}
    return {"client_key": "a-key-0001", "body": words, "seen_seq": 100, "confirmed": True, **changes}


NOTE = {"client_key": "a-key-0002", "text": "备注"}


def message(**body: str) -> dict[str, Any]:
    return {**MESSAGE, "body": body}


MESSAGE = {"client_key": "a-key-0003", "body": {"kind": "text", "text": "您好"}}
LETTER = {"client_key": "a-key-0004", "text": "请回电", "phone": ""}
CLOSE = {"category": "other", "outcome": "other", "note": ""}
RATING = {"score": 5, "reasons": [], "comment": ""}


def transfer(kind: str, target: str, reason: str = "other") -> dict[str, str]:
    return {"target_kind": kind, "target_id": target, "reason": reason, "note": ""}


Case = Callable[[Place], tuple[str, str, str, Any]]
"""Sets the scene and returns who asks what: name, method, address and body."""

CASES: dict[str, tuple[Case, int, str]] = {
    # ---- a visitor, too early or too late
    "rate what is not closed": (
        lambda p: ("wang", "POST", f"{CHAT}/{p.served()}/rating", RATING), 409, "rating.not_possible",
    ),
    "leave a message while the queue is open": (
        lambda p: ("wang", "POST", f"{CHAT}/{p.waiting()}/message", LETTER), 409, "queue.open",
    ),
    "leave a message in a closed conversation": (
        lambda p: ("wang", "POST", f"{CHAT}/{p.closed()}/message", LETTER), 409, "conversation.closed",
    ),
    "feedback on what is no answer": (
        lambda p: ("wang", "POST", f"/api/chat/answers/{own_words(p)}/feedback", {"helpful": True}),
        404, "message.not_found",
    ),
    "send a picture that was never uploaded": (
        lambda p: ("wang", "POST", "/api/chat/messages", message(kind="picture", picture_id=new_id())),
        404, "picture.not_found",
    ),
    "tap a question that is not asked": (
        lambda p: ("wang", "POST", "/api/chat/messages", message(kind="choice", entry_id="none")),
        404, "knowledge.not_served",
    ),
    # ---- a visitor in another's conversation
    "read another's conversation": (
        lambda p: ("zhao", "GET", f"{CHAT}/{p.served()}", None), 404, "conversation.not_found",
    ),
    "end another's conversation": (
        lambda p: ("zhao", "POST", f"{CHAT}/{p.served()}/end", {}), 404, "conversation.not_found",
    ),
    "rate another's conversation": (
        lambda p: ("zhao", "POST", f"{CHAT}/{p.closed()}/rating", RATING), 404, "conversation.not_found",
    ),
    "leave a message in another's conversation": (
        lambda p: ("zhao", "POST", f"{CHAT}/{p.waiting()}/message", LETTER), 404, "conversation.not_found",
    ),
    # ---- an agent, too early or too late
    "reply before accepting": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.waiting()}/replies", reply()), 409, "conversation.not_yours",
    ),
    "reply to what a colleague has": (
        lambda p: ("mei", "POST", f"{CONSOLE}/{p.served()}/replies", reply()), 409, "conversation.not_yours",
    ),
    "reply to what is closed": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.closed()}/replies", reply()), 409, "conversation.closed",
    ),
    "reply without having seen the last words": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{spoken(p)}/replies", reply(seen_seq=0, confirmed=False)),
        409, "conversation.stale_view",
    ),
    "the same key in another conversation": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{noted_elsewhere(p)}/notes", NOTE), 409, "message.key_taken",
    ),
    "close twice": (lambda p: ("lin", "POST", f"{CONSOLE}/{p.closed()}/close", CLOSE), 409, "conversation.closed"),
    "close what a colleague has": (
        lambda p: ("mei", "POST", f"{CONSOLE}/{p.served()}/close", CLOSE), 409, "conversation.not_yours",
    ),
    "close under a category that is not": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.served()}/close", {**CLOSE, "category": "x"}), 400, "choice.unknown",
    ),
    "transfer what waits": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.waiting()}/transfer", transfer("queue", p.ids["elsewhere"])),
        409, "conversation.not_yours",
    ),
    "transfer to oneself": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.served()}/transfer", transfer("agent", p.ids["lin"])),
        409, "agent.not_available",
    ),
    "transfer to somebody who is not there": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.served()}/transfer", transfer("agent", p.ids["mei"])),
        409, "agent.not_available",
    ),
    "transfer to a visitor": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.served()}/transfer", transfer("agent", p.ids["zhao"])),
        409, "agent.not_available",
    ),
    "transfer to a full colleague": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{with_full_colleague(p)}/transfer", transfer("agent", p.ids["far"])),
        409, "agent.not_available",
    ),
    "transfer to a queue that is not": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.served()}/transfer", transfer("queue", new_id())),
        404, "queue.not_found",
    ),
    "transfer for no reason of the list": (
        lambda p: ("lin", "POST", f"{CONSOLE}/{p.served()}/transfer", transfer("queue", p.ids["elsewhere"], "x")),
        400, "choice.unknown",
    ),
    # ---- offers
    "accept a colleague's offer": (lambda p: ("mei", "POST", f"{offered(p)}/accept", {}), 409, "offer.gone"),
    "decline a colleague's offer": (lambda p: ("mei", "POST", f"{offered(p)}/decline", {}), 409, "offer.gone"),
    "accept what a colleague has since": (lambda p: ("lin", "POST", f"{handed_on(p)}/accept", {}), 409, "offer.gone"),
    "accept what was declined": (lambda p: ("lin", "POST", f"{declined(p)}/accept", {}), 409, "offer.gone"),
    "decline what was accepted": (lambda p: ("lin", "POST", f"{accepted(p)}/decline", {}), 409, "offer.gone"),
    "accept an offer that ran out": (lambda p: ("lin", "POST", f"{run_out(p)}/accept", {}), 409, "offer.gone"),
    # ---- another queue
    "open another queue's conversation": (
        lambda p: ("far", "GET", f"{CONSOLE}/{p.served()}", None), 404, "conversation.not_found",
    ),
    "catch up with another queue's conversation": (
        lambda p: ("far", "GET", f"{CONSOLE}/{p.served()}/events", None), 404, "conversation.not_found",
    ),
    "note in another queue's conversation": (
        lambda p: ("far", "POST", f"{CONSOLE}/{p.served()}/notes", NOTE), 404, "conversation.not_found",
    ),
    "draft in another queue's conversation": (
        lambda p: ("far", "PUT", f"{CONSOLE}/{p.served()}/draft", {"text": "x"}), 404, "conversation.not_found",
    ),
    "mark another queue's conversation as seen": (
        lambda p: ("far", "POST", f"{CONSOLE}/{p.served()}/seen", {"up_to": 1}), 404, "conversation.not_found",
    ),
    # ---- oneself and the lists
    "a break for no reason of the list": (
        lambda p: ("lin", "PUT", "/api/console/presence", {"state": "break", "reason": "x"}),
        400, "presence.reason_needed",
    ),
    "go on from a cursor that nobody gave": (
        lambda p: ("lin", "GET", "/api/console/closed?cursor=AAAA", None), 400, "list.cursor_unreadable",
    ),
    "search to before the beginning": (
        lambda p: ("lin", "GET", "/api/console/search?since=2026-02-02&until=2026-01-01", None), 400, "input.invalid",
    ),
}  # fmt: skip


def own_words(p: Place) -> str:
    return p.desk.say(p.ids["wang"]).entry.id


def spoken(p: Place) -> str:
    conversation_id = p.served()
    p.desk.say(p.ids["wang"])
    return conversation_id


def noted_elsewhere(p: Place) -> str:
    first, second = p.served("zhao"), p.served("wang")
    answer, _ = p.ask("lin", "POST", f"{CONSOLE}/{first}/notes", NOTE)
    assert answer.status_code == 200
    return second


def with_full_colleague(p: Place) -> str:
    with p.desk.write() as work:
        presence_queries.lock_presence(work.session, staff_id=p.ids["far"]).capacity = 0
    return p.served()


def offered(p: Place) -> str:
    p.waiting()
    return f"/api/console/offers/{p.offer()}"


def accepted(p: Place) -> str:
    address = offered(p)
    p.desk.accept(p.ids["lin"])
    return address


def handed_on(p: Place) -> str:
    address = accepted(p)
    p.desk.connect(p.ids["mei"])
    p.desk.set_state(p.ids["mei"], "ready")
    with p.desk.write() as work:
        held = conversation_queries.list_mine(work.session, staff_id=p.ids["lin"])[0]
        transfers.transfer(
            work, conversation_id=held.id, who=p.desk.as_agent(p.ids["lin"]), **transfer("agent", p.ids["mei"])
        )
    return address


def declined(p: Place) -> str:
    address = offered(p)
    with p.desk.write() as work:
        routing.decline_offer(work, offer_id=p.offer(), staff_id=p.ids["lin"], reason="")
    return address


def run_out(p: Place) -> str:
    address = offered(p)
    p.desk.clock.advance(seconds=26)
    p.desk.run_jobs()
    return address


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_for_its_reason_and_changes_nothing(place: Place, name: str) -> None:
    case, status, code = CASES[name]
    answer, before = place.ask(*case(place))
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert place.state() == before


# ---- what is late and harmless -----------------------------------------------------------------------------


def test_a_repeated_request_is_answered_alike_and_changes_nothing(place: Place) -> None:
    conversation_id = place.served()
    for who, path, body in (
        ("wang", "/api/chat/messages", MESSAGE),
        ("wang", "/api/chat/person", {"client_key": "a-key-0009"}),
        ("lin", f"{CONSOLE}/{conversation_id}/replies", reply()),
        ("lin", f"{CONSOLE}/{conversation_id}/notes", NOTE),
    ):
        first, _ = place.ask(who, "POST", path, body)
        again, before = place.ask(who, "POST", path, body)
        said = "message" if who == "wang" else "entry"
        assert first.status_code == again.status_code == 200
        assert first.json[said] == again.json[said]
        assert place.state() == before, path


@pytest.mark.parametrize(("who", "path"), [("wang", CHAT), ("lin", CONSOLE)])
def test_reading_goes_neither_back_nor_beyond_the_end(place: Place, who: str, path: str) -> None:
    address = f"{path}/{spoken(place)}/{'read' if who == 'wang' else 'seen'}"
    assert place.ask(who, "POST", address, {"up_to": 3})[0].status_code == 204
    for number in (0, 1, 3, 1_000, 2**31 - 1):
        answer, before = place.ask(who, "POST", address, {"up_to": number})
        assert answer.status_code == 204
        assert place.state() == before, number


def test_ending_twice_is_ending_once(place: Place) -> None:
    address = f"{CHAT}/{place.closed()}/end"
    answer, before = place.ask("wang", "POST", address, {})
    assert answer.json["status"] == "closed"
    assert place.state() == before


def test_a_session_that_has_ended_writes_nothing(place: Place) -> None:
    conversation_id = place.served()
    headers = sign_in(place.desk, place.browser, staff_id=place.ids["lin"])
    place.desk.clock.advance(hours=13)
    before = place.state()
    answer = place.browser.post(f"{CONSOLE}/{conversation_id}/notes", json=NOTE, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (401, "auth.sign_in_needed")
    assert place.state() == before


def test_a_cursor_outlives_its_row(place: Place) -> None:
    place.closed()
    long_ago = write_cursor(place.desk.clock.now() - timedelta(days=4000), new_id())
    for path in ("/api/console/closed", "/api/console/search"):
        answer, _ = place.ask("lin", "GET", f"{path}?cursor={long_ago}", None)
        assert answer.status_code == 200
        assert (answer.json.get("conversations") or answer.json.get("hits")) in ([], None)
