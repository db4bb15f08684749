"""What supervisors do from the floor: every deed leaves a row with its reason, and whoever it concerns is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from caredesk.accounts.rules import PresenceState
from caredesk.actions import chat, clinic, floor_hours, floor_people, floor_trail, floor_work, replies
from caredesk.actions.floor_work import TargetKind
from caredesk.actions.timeline import body_of
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.errors import ConversationClosed, NotYours
from caredesk.core.work import Actor
from caredesk.events.shapes import AgentView
from caredesk.floor.errors import (
    EndNotPossible,
    NothingByHand,
    NothingToMove,
    NoticeNotFound,
    NotServed,
    ReasonNeeded,
    StateNotPossible,
)
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import AgentNotAvailable
from tests.fixtures.desk import DeskForTests

WHY = "临时停电"


class Floor:
    """A desk with a supervisor, and the deeds that tests do again and again."""

    def __init__(self, desk: DeskForTests) -> None:
        self.desk = desk
        self.boss = desk.add_staff("boss", roles=["supervisor"])
        self.actor = Actor(kind="staff", id=self.boss, name="主管")
        self.who = desk.as_supervisor(self.boss)

    def shut(self, queue_id: str, *, minutes: float = 60, kind: str = "closed", reason: str = WHY) -> None:
        with self.desk.write(actor=self.actor) as work:
            ends_at = work.now + timedelta(minutes=minutes)
            floor_hours.set_hours_by_hand(
                work, queue_id=queue_id, kind="open" if kind == "open" else "closed", ends_at=ends_at, reason=reason
            )
        self.desk.run_jobs()

    def move(self, conversation_id: str, *, to: TargetKind, target: str) -> None:
        with self.desk.write(actor=self.actor) as work:
            about = {"conversation_id": conversation_id, "target_id": target, "reason": WHY}
            floor_work.move_work(work, who=self.who, target_kind=to, **about)

    def set_state(self, staff_id: str, state: PresenceState, *, reason: str) -> AgentView:
        with self.desk.write(actor=self.actor) as work:
            return floor_people.set_agent_state(work, staff_id=staff_id, state=state, reason=reason)

    def offered(self) -> tuple[str, str, str]:
        """Have a visitor be offered to an agent; return queue, agent and conversation."""
        queue_id = self.desk.add_queue()
        agent = self.desk.add_agent("lin", queues=[queue_id])
        _, conversation_id = self.desk.waiting_visitor()
        self.desk.run_jobs()
        return queue_id, agent, conversation_id

    def offers_of(self, staff_id: str) -> int:
        with self.desk.read() as session:
            return len(queue_queries.list_pending_offers(session, staff_id=staff_id))

    def is_open(self, queue_id: str) -> tuple[bool, str]:
        with self.desk.read() as session:
            queue = queue_queries.get_queue(session, queue_id=queue_id)
            state = clinic.queue_state(session, queue, at=self.desk.clock.now())
            return state.open, state.reason

    def did(self) -> list[tuple[str, str]]:
        with self.desk.read() as session:
            return [(one.what, one.reason) for one in floor_trail.last_actions(session)]

    def told(self) -> list[tuple[str, str, str]]:
        return [(one.staff_id, one.what, one.reason) for one in self.desk.push.of_type("supervisor.acted")]

    def notices_of(self, conversation_id: str, *, to_patient: bool) -> list[str]:
        with self.desk.read() as session:
            entries = conversation_queries.list_all_entries(session, conversation_id=conversation_id)
            shown = [e for e in entries if e.kind == "notice" and (e.patient_seq is not None) == to_patient]
            return [entry.body["code"] for entry in shown]


@pytest.fixture
def floor(desk: DeskForTests) -> Floor:
    return Floor(desk)


# ---- hours by hand ---------------------------------------------------------------------------------------


def test_a_queue_closed_by_hand_promises_a_time_to_who_waits_and_opens_by_itself(floor: Floor) -> None:
    queue_id = floor.desk.add_queue()
    _, conversation_id = floor.desk.waiting_visitor()
    floor.shut(queue_id)
    assert floor.is_open(queue_id) == (False, "closed_by_hand")
    assert floor.desk.conversation(conversation_id).status == "message"
    assert "queue.closing" in floor.notices_of(conversation_id, to_patient=True)
    shown = floor.desk.push.of_type("queue.changed")[-1].queue
    assert (shown.by_hand.kind, shown.by_hand.reason, shown.by_hand.by_name) == ("closed", WHY, "主管")
    floor.desk.clock.advance(minutes=61)
    floor.desk.run_jobs()
    assert floor.is_open(queue_id) == (True, "fixed_hours")
    assert floor.desk.conversation(conversation_id).status == "waiting"
    assert floor.desk.push.of_type("queue.changed")[-1].queue.by_hand is None
    assert floor.did() == [("queue_closed", WHY)]


def test_a_queue_is_opened_by_hand_outside_its_hours(floor: Floor) -> None:
    queue_id = floor.desk.add_queue(hours={})
    assert not floor.is_open(queue_id)[0]
    floor.shut(queue_id, kind="open")
    assert floor.is_open(queue_id) == (True, "opened_by_hand")
    _, conversation_id = floor.desk.waiting_visitor()
    assert floor.desk.conversation(conversation_id).status == "waiting"


def test_hours_by_hand_are_taken_back_before_their_end(floor: Floor) -> None:
    queue_id = floor.desk.add_queue()
    floor.shut(queue_id)
    floor.desk.clock.advance(minutes=5, seconds=20)
    with floor.desk.write(actor=floor.actor) as work:
        floor_hours.end_hours_by_hand(work, queue_id=queue_id, reason="来电了")
    floor.desk.run_jobs()
    assert floor.is_open(queue_id)[0]
    assert floor.did()[0] == ("queue_back", "来电了")
    with pytest.raises(NothingByHand), floor.desk.write(actor=floor.actor) as work:
        floor_hours.end_hours_by_hand(work, queue_id=queue_id, reason="再来一次")


def test_a_new_word_replaces_the_old_one(floor: Floor) -> None:
    queue_id = floor.desk.add_queue()
    floor.shut(queue_id, minutes=120)
    floor.desk.clock.advance(minutes=3)
    floor.shut(queue_id, kind="open", minutes=10)
    assert floor.is_open(queue_id)[0]
    floor.desk.clock.advance(minutes=30)
    assert floor.is_open(queue_id)[0], "the closure of two hours has given way for good"


def test_a_report_on_the_past_knows_what_was_set_by_hand_then(floor: Floor) -> None:
    queue_id = floor.desk.add_queue()
    floor.desk.clock.advance(minutes=1)
    then = floor.desk.clock.now()
    floor.shut(queue_id, minutes=60)
    floor.desk.clock.advance(days=2)
    with floor.desk.read() as session:
        queue = queue_queries.get_queue(session, queue_id=queue_id)
        during = then + timedelta(minutes=30)
        assert clinic.queue_state(session, queue, at=during, as_of=during).reason == "closed_by_hand"
        before = then - timedelta(seconds=30)
        assert clinic.queue_state(session, queue, at=during, as_of=before).open


@pytest.mark.parametrize(("minutes", "reason", "error"), [(60, " ", ReasonNeeded), (-5, WHY, EndNotPossible)])
def test_hours_without_reason_or_end_change_nothing(
    floor: Floor, minutes: float, reason: str, error: type[Exception]
) -> None:
    queue_id = floor.desk.add_queue()
    with pytest.raises(error):
        floor.shut(queue_id, minutes=minutes, reason=reason)
    assert floor.is_open(queue_id)[0]
    assert floor.did() == []


# ---- people ----------------------------------------------------------------------------------------------


def test_an_agent_set_to_break_is_told_by_whom_and_why(floor: Floor) -> None:
    agent = floor.desk.add_agent("lin", queues=[floor.desk.add_queue()])
    view = floor.set_state(agent, PresenceState.BREAK, reason="请去吃饭")
    assert (view.state, view.reason) == ("break", "by_supervisor")
    assert floor.told() == [(agent, "state_set", "请去吃饭")]
    assert floor.did() == [("state_break", "请去吃饭")]


def test_nobody_without_a_screen_is_made_ready(floor: Floor) -> None:
    agent = floor.desk.add_agent("lin", queues=[floor.desk.add_queue()], ready=False)
    with pytest.raises(StateNotPossible):
        floor.set_state(agent, PresenceState.READY, reason="来人了")


def test_a_doctor_has_no_state_to_set(floor: Floor) -> None:
    doctor = floor.desk.add_staff("du", roles=["doctor"])
    with pytest.raises(AgentNotAvailable):
        floor.set_state(doctor, PresenceState.BREAK, reason="休息")


def test_a_notice_reaches_its_queue_and_says_who_has_read_it(floor: Floor) -> None:
    day, night = floor.desk.add_queue("day"), floor.desk.add_queue("night", is_default=False)
    lin, mei = floor.desk.add_agent("lin", queues=[day]), floor.desk.add_agent("mei", queues=[night])
    with floor.desk.write(actor=floor.actor) as work:
        notice = floor_people.post_notice(work, queue_id=day, text="皮肤科今天加号 20 个")
    rooms = [audience.room for audience in floor.desk.push.of_type("notice.posted")[0].audiences()]
    assert rooms == ["supervisors", f"queue:{day}"]
    with floor.desk.write(actor=Actor(kind="staff", id=lin)) as work:
        for _ in range(2):
            floor_people.acknowledge_notice(work, notice_id=notice.id, staff_id=lin, sees_floor=False)
    with pytest.raises(NoticeNotFound), floor.desk.write() as work:
        floor_people.acknowledge_notice(work, notice_id=notice.id, staff_id=mei, sees_floor=False)
    with floor.desk.read() as session:
        now = floor.desk.clock.now()
        assert [n.seen_by for n in floor_people.list_notices(session, now=now)] == [[lin]]
        assert floor_people.list_notices(session, now=now, staff_id=mei) == []


# ---- work ------------------------------------------------------------------------------------------------


def test_waiting_work_moved_to_another_queue_keeps_its_arrival(floor: Floor) -> None:
    floor.desk.add_queue("day")
    night = floor.desk.add_queue("night", is_default=False)
    _, conversation_id = floor.desk.waiting_visitor()
    arrived = floor.desk.conversation(conversation_id).arrived_at
    floor.desk.clock.advance(minutes=2)
    floor.move(conversation_id, to="queue", target=night)
    moved = floor.desk.conversation(conversation_id)
    assert (moved.queue_id, moved.status, moved.arrived_at) == (night, "waiting", arrived)
    assert floor.did() == [("moved", WHY)]


def test_work_on_offer_is_taken_back_and_given_to_the_agent_whom_the_supervisor_names(floor: Floor) -> None:
    queue_id, lin, conversation_id = floor.offered()
    mei = floor.desk.add_agent("mei", queues=[queue_id])
    floor.move(conversation_id, to="agent", target=mei)
    assert floor.desk.conversation(conversation_id).assignee_id == mei
    assert floor.offers_of(lin) == 0
    assert (mei, "given", WHY) in floor.told()


def test_served_work_moved_to_a_colleague_tells_its_agent(floor: Floor) -> None:
    _, lin, conversation_id = floor.desk.served_conversation()
    queue_id = str(floor.desk.conversation(conversation_id).queue_id)
    mei = floor.desk.add_agent("mei", queues=[queue_id])
    floor.move(conversation_id, to="agent", target=mei)
    assert floor.desk.conversation(conversation_id).assignee_id == mei
    assert floor.told() == [(lin, "moved", WHY)]


def test_urgent_by_hand_goes_before_who_came_earlier(floor: Floor) -> None:
    queue_id = floor.desk.add_queue()
    floor.desk.waiting_visitor()
    floor.desk.clock.advance(seconds=5)
    _, later = floor.desk.waiting_visitor()
    with floor.desk.write(actor=floor.actor) as work:
        floor_work.reprioritise(work, conversation_id=later, who=floor.who, to="urgent", reason="孩子在哭")
    with pytest.raises(NothingToMove), floor.desk.write(actor=floor.actor) as work:
        floor_work.reprioritise(work, conversation_id=later, who=floor.who, to="urgent", reason="再来")
    agent = floor.desk.add_agent("lin", queues=[queue_id], capacity=1)
    floor.desk.run_jobs()
    assert floor.desk.accept(agent) == later


# ---- beside the agent ------------------------------------------------------------------------------------


def whispered(floor: Floor, conversation_id: str, *, key: str = "whisper-0001") -> replies.Said:
    with floor.desk.write(actor=floor.actor) as work:
        return floor_work.whisper(
            work,
            conversation_id=conversation_id,
            who=floor.who,
            client_key=key,
            text="先问孩子多大",
            limit=500,
        )


def test_a_whisper_is_on_the_staffs_timeline_and_nowhere_else(floor: Floor) -> None:
    visitor, lin, conversation_id = floor.desk.served_conversation()
    before = floor.desk.conversation(conversation_id).patient_seq
    said = whispered(floor, conversation_id)
    assert whispered(floor, conversation_id).entry.id == said.entry.id, "a repeat is the same whisper"
    assert floor.desk.conversation(conversation_id).patient_seq == before
    assert [e.entry.body.kind for e in floor.desk.push.of_type("entry.appended")][-1] == "whisper"
    assert "先问孩子多大" not in "".join(e.model_dump_json() for e in floor.desk.push.of_type("message.created"))
    assert floor.told() == [(lin, "whispered", "")]
    assert visitor


def test_a_whisper_cannot_become_a_message_whatever_the_code_does(floor: Floor) -> None:
    _, _, conversation_id = floor.desk.served_conversation()
    entry = whispered(floor, conversation_id).entry
    with pytest.raises(ValidationError):
        body_of(entry)


def test_nobody_is_whispered_to_where_nobody_serves(floor: Floor) -> None:
    floor.desk.add_queue()
    _, conversation_id = floor.desk.waiting_visitor()
    with pytest.raises(NotServed):
        whispered(floor, conversation_id)


def replied(floor: Floor, conversation_id: str) -> None:
    with floor.desk.write(actor=floor.actor) as work:
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=floor.who,
            client_key=floor.desk.key(),
            says=replies.Says(text="我是主管，来帮您"),
            seen_seq=0,
            confirmed=True,
            limit=500,
        )


def test_a_guest_is_seen_by_the_agent_at_once_and_by_the_parent_with_the_first_words(floor: Floor) -> None:
    _, lin, conversation_id = floor.desk.served_conversation()
    with pytest.raises(NotYours):
        replied(floor, conversation_id)
    with floor.desk.write(actor=floor.actor) as work:
        floor_work.join(work, conversation_id=conversation_id, who=floor.who)
    assert floor.notices_of(conversation_id, to_patient=False)[-1] == "floor.joined"
    assert "supervisor.joined" not in floor.notices_of(conversation_id, to_patient=True)
    replied(floor, conversation_id)
    replied(floor, conversation_id)
    assert floor.notices_of(conversation_id, to_patient=True).count("supervisor.joined") == 1
    assert floor.desk.conversation(conversation_id).assignee_id == lin
    with floor.desk.write(actor=floor.actor) as work:
        floor_work.leave(work, conversation_id=conversation_id, who=floor.who)
    with pytest.raises(NotYours):
        replied(floor, conversation_id)


# ---- taking over -----------------------------------------------------------------------------------------


def taken_over(floor: Floor, conversation_id: str) -> None:
    with floor.desk.write(actor=floor.actor) as work:
        floor_work.take_over(work, conversation_id=conversation_id, who=floor.who, reason=WHY)


def test_taking_over_tells_the_agent_and_the_parent_once_and_moves_the_load(floor: Floor) -> None:
    _, lin, conversation_id = floor.desk.served_conversation()
    told_before = floor.notices_of(conversation_id, to_patient=True)
    taken_over(floor, conversation_id)
    assert floor.desk.conversation(conversation_id).assignee_id == floor.boss
    assert floor.notices_of(conversation_id, to_patient=True) == [*told_before, "agent.joined"]
    assert "transfer" in floor.notices_of(conversation_id, to_patient=False)
    assert floor.told() == [(lin, "taken_over", WHY)]
    loads = {e.agent.staff_id: e.agent.load for e in floor.desk.push.of_type("presence.changed")}
    assert (loads[lin], loads[floor.boss]) == (0, 1)
    with pytest.raises(NothingToMove):
        taken_over(floor, conversation_id)


def test_waiting_work_is_taken_over_and_its_offer_taken_back(floor: Floor) -> None:
    _, lin, conversation_id = floor.offered()
    taken_over(floor, conversation_id)
    assert floor.desk.conversation(conversation_id).assignee_id == floor.boss
    assert [e.outcome for e in floor.desk.push.of_type("offer.ended")] == ["withdrawn"]
    assert floor.offers_of(lin) == 0


def test_a_closed_conversation_is_nobodys_to_take(floor: Floor) -> None:
    visitor, _, conversation_id = floor.desk.served_conversation()
    with floor.desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor, conversation_id=conversation_id)
    with pytest.raises(ConversationClosed):
        taken_over(floor, conversation_id)
    assert floor.did() == []
