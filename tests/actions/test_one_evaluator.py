"""Whoever tells, counts or plans by a queue's hours says the same for the same instant, hands included (B17).

Page, bot, canned replies, console, floor, command line, the clock of owed replies, staffing and reports on the past are
compared on random schedules with the slow oracle, which shares no code with them.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from caredesk.actions import clinic, replies, staffing
from caredesk.actions.canned import Speaker, canned_replies
from caredesk.actions.floor_views import floor_view
from caredesk.actions.live_hours import tell_service_hours
from caredesk.actions.live_parts import LiveQuestion
from caredesk.chatbot.slots import Slots
from caredesk.clinic.history import rule_of
from caredesk.clinic.hours import Closure, HoursRule, Opening, Window
from caredesk.clinic.models import ClinicSession, Department
from caredesk.clinic.words import hours_sentence
from caredesk.conversations.models import CannedReply, Conversation
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.floor.models import HoursByHand
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.staffing.grid import Grid
from tests.fixtures.desk import OFFICE, DeskForTests
from tests.rules.clinic.oracle import MINUTE, SHANGHAI, oracle_is_open

START = datetime(2026, 9, 26, tzinfo=SHANGHAI).astimezone(UTC)
"""A Saturday; worked days in exchange and the national days follow."""
DAYS = 8
INSTANTS = 12


class Scene:
    """A queue with random hours, sessions and hands on a desk, and the same as values for the oracle."""

    def __init__(self, desk: DeskForTests, *, seed: int) -> None:
        self.desk, self.random = desk, Random(seed)
        self.fixed = self.some_fixed_hours()
        self.lead_in, self.lead_out = self.random.choice([0, 15, 90]), self.random.choice([0, 10, 60])
        self.windows: list[Window] = []
        self.closures: list[Closure] = []
        self.openings: list[Opening] = []

    def some_fixed_hours(self) -> dict[str, Any]:
        if self.random.random() < 0.4:
            return {}
        clocks = [f"{self.random.randrange(24):02}:{self.random.choice((0, 15, 30, 45)):02}" for _ in range(4)]
        days = sorted(self.random.sample(range(1, 8), self.random.randint(1, 7)))
        windows = [{"days": days, "opens": clocks[0], "closes": clocks[1]}, {"opens": clocks[2], "closes": clocks[3]}]
        return {
            "workdays_only": self.random.random() < 0.5,
            "windows": windows[: self.random.randint(1, 2)],
        }

    def some_stretch(self, *, longest_hours: int) -> tuple[datetime, datetime]:
        start = START + self.random.randrange(-600, DAYS * 1440) * MINUTE
        return start, start + self.random.randint(1, longest_hours * 60) * MINUTE

    def set_up(self) -> None:
        with self.desk.write() as work:
            queue_id = self._queue(work.session)
            for _ in range(self.random.randint(0, 14)):
                starts_at, ends_at = self.some_stretch(longest_hours=13)
                cancelled = self.random.random() < 0.3
                self.windows.append(Window(starts_at, ends_at, cancelled=cancelled))
                self._add_session(work.session, starts_at=starts_at, ends_at=ends_at, cancelled=cancelled)
            for _ in range(self.random.randint(0, 3)):
                self._add_hand(work.session, queue_id=queue_id)

    def _queue(self, session: Session) -> str:
        session.add(Department(id="skin", name="皮肤科"))
        session.add(CannedReply(id=new_id(), code="hours", title="时间", text="{queue_open}"))
        queue = Queue(
            id=new_id(),
            key="general",
            name="在线客服",
            name_en="Online service",
            is_default=True,
            fixed_hours=self.fixed,
            lead_in_minutes=self.lead_in,
            lead_out_minutes=self.lead_out,
        )
        session.add(queue)
        session.flush()
        queue_queries.set_departments(session, queue_id=queue.id, department_ids=["skin"])
        return queue.id

    def _add_session(self, session: Session, *, starts_at: datetime, ends_at: datetime, cancelled: bool) -> None:
        # The same minute twice would be the same session of the department.
        kind = self.random.choice(("morning", "afternoon", "evening", "night"))
        row = ClinicSession(
            id=new_id(),
            department_id="skin",
            day=clinic_time(starts_at).date(),
            starts_at=starts_at,
            ends_at=ends_at,
            kind=kind,
            status="cancelled" if cancelled else "scheduled",
        )
        session.add(row)
        session.flush()

    def _add_hand(self, session: Session, *, queue_id: str) -> None:
        starts_at, ends_at = self.some_stretch(longest_hours=10)
        kind = self.random.choice(("open", "closed"))
        half = starts_at + (ends_at - starts_at) // MINUTE // 2 * MINUTE
        # On a whole minute: within the minute of taking back, a later look knows more than the one of that moment.
        taken_back = half if self.random.random() < 0.3 else None
        session.add(
            HoursByHand(
                id=new_id(),
                queue_id=queue_id,
                kind=kind,
                starts_at=starts_at,
                ends_at=ends_at,
                reason="演练",
                by_id="s",
                by_name="主管",
                made_at=starts_at,
                ended_at=taken_back,
            )
        )
        end = taken_back or ends_at
        if kind == "open":
            self.openings.append(Opening(starts_at, end))
        else:
            self.closures.append(Closure(starts_at, end))

    @property
    def rule(self) -> HoursRule:
        rule = rule_of(lead_in_minutes=self.lead_in, lead_out_minutes=self.lead_out, fixed_hours=self.fixed)
        return HoursRule(
            rule.lead_in_minutes, rule.lead_out_minutes, rule.fixed, tuple(self.closures), tuple(self.openings)
        )

    def is_open(self, at: datetime) -> bool:
        """Ask the oracle."""
        return oracle_is_open(self.rule, self.windows, at=at.replace(second=0, microsecond=0))

    def instants(self) -> list[datetime]:
        """Return random instants, and some at which a session or a hand begins or ends."""
        edges = [edge for w in self.windows for edge in (w.starts_at, w.ends_at)]
        hands: list[Closure | Opening] = [*self.closures, *self.openings]
        edges += [edge for hand in hands for edge in (hand.starts_at, hand.ends_at)]
        some = [START + self.random.randrange(DAYS * 86_400) * timedelta(seconds=1) for _ in range(INSTANTS)]
        return some + self.random.sample(edges, min(len(edges), INSTANTS // 2))


@pytest.mark.parametrize("seed", range(5))
def test_everyone_says_the_same_for_the_same_instant(desk: DeskForTests, client: FlaskClient, seed: int) -> None:
    all_say_the_same(desk, client, seed=seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 400))
def test_everyone_says_the_same_all_night(desk: DeskForTests, client: FlaskClient, seed: int) -> None:
    all_say_the_same(desk, client, seed=seed)


def all_say_the_same(desk: DeskForTests, client: FlaskClient, *, seed: int) -> None:
    scene = Scene(desk, seed=seed)
    scene.set_up()
    for at in scene.instants():
        desk.clock.set(at)
        said = {**answers_for_people(desk, client), **answers_for_the_desk(desk)}
        assert said == dict.fromkeys(said, scene.is_open(at)), f"{seed}: {at.isoformat()}"
        assert staffing_says(desk, at=at) == pytest.approx(share_of_quarter(scene, at=at)), f"{seed}: {at.isoformat()}"
        due = due_by_the_oracle(scene, at=at)
        assert owed_reply_is_due(desk, at=at) in due, f"{seed}: {at.isoformat()}"


# ---- whom it is asked of ---------------------------------------------------------------------------------


def answers_for_people(desk: DeskForTests, client: FlaskClient) -> dict[str, bool]:
    """Return what a parent reads: on the page, from the bot, in an agent's canned reply."""
    welcome = client.get("/api/chat/welcome").get_json()
    with desk.read() as session:
        queue = the_queue(session)
        words = tell_service_hours(session, question(desk.clock.now())).text
        conversation = Conversation(id="c", number="1", language="zh", queue_id=queue.id)
        (canned,) = canned_replies(session, conversation=conversation, speaker=Speaker("林"), at=desk.clock.now())
        state = clinic.queue_state(session, queue, at=desk.clock.now())
        sentence = hours_sentence(state, at=desk.clock.now(), language="zh")
    assert sentence in words and sentence in canned.text
    assert (welcome["next_change"] is None) == (state.next_change is None)
    return {"page": welcome["open"], "bot and canned replies": state.open}


def answers_for_the_desk(desk: DeskForTests) -> dict[str, bool]:
    """Return what the console, the floor, the command line, and a report on this moment say."""
    now = desk.clock.now()
    with desk.read() as session:
        floor = floor_view(session, staff_id="s", now=now)
        listed = clinic.list_queue_states(session, at=now)
        queue = the_queue(session)
        return {
            "console and floor": floor.queues[0].open,
            "command line": listed[0].state.open,
            "report on the past": clinic.queue_state(session, queue, at=now, as_of=now).open,
        }


def the_queue(session: Session) -> Queue:
    found = queue_queries.find_queue_by_key(session, key="general")
    assert found is not None
    return found


def question(now: datetime) -> LiveQuestion:
    return LiveQuestion(entry_id="hours", slots=Slots(), words="几点开始", guardian_id=None, language="zh", now=now)


# ---- who reckons with it ---------------------------------------------------------------------------------


def quarter_of(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def staffing_says(desk: DeskForTests, *, at: datetime) -> float:
    """Return how much of the quarter staffing takes the queue to be open."""
    with desk.read() as session:
        (queue,) = staffing.need_on(session, grid=Grid(quarter_of(at), 1)).queues
        return float(queue.is_open[0])


def share_of_quarter(scene: Scene, *, at: datetime) -> float:
    return sum(scene.is_open(quarter_of(at) + n * MINUTE) for n in range(15)) / 15


LIMIT = timedelta(minutes=7)


def owed_reply_is_due(desk: DeskForTests, *, at: datetime) -> datetime:
    with desk.read() as session:
        return clinic.due_in_open_time(session, the_queue(session), since=at, lasting=LIMIT)


def due_by_the_oracle(scene: Scene, *, at: datetime) -> Container[datetime]:
    """Wait minute by minute until the queue has been open for the limit; beyond a day, any later time will do."""
    left, now = LIMIT, at
    while left > timedelta() and now < at + timedelta(days=1):
        minute_ends = now.replace(second=0, microsecond=0) + MINUTE
        step = min(minute_ends - now, left) if scene.is_open(now) else minute_ends - now
        left -= step if scene.is_open(now) else timedelta()
        now += step
    return [now] if left == timedelta() else Later(at)


@dataclass(frozen=True)
class Later(Container[datetime]):
    """Due when the queue opens a day later or more; or after the limit alone, when no opening is known."""

    at: datetime

    def __contains__(self, due: object) -> bool:
        return isinstance(due, datetime) and (due == self.at + LIMIT or due > self.at + timedelta(days=1))


# ---- the clock of an owed reply --------------------------------------------------------------------------


def test_the_clock_of_an_owed_reply_stands_still_while_the_queue_is_closed(desk: DeskForTests) -> None:
    queue = desk.add_queue(hours=OFFICE, service_level_seconds=60)
    agent = desk.add_agent("lin", queues=[queue])
    visitor_id, _ = desk.waiting_visitor()
    desk.run_jobs()
    conversation_id = desk.accept(agent)
    with desk.write() as work:
        replies.reply(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(agent),
            client_key=desk.key(),
            says=replies.Says(text="您好，请讲"),
            seen_seq=99,
            confirmed=True,
            limit=2000,
        )
    desk.clock.set(datetime(2026, 11, 23, 17, 59, 20, tzinfo=SHANGHAI))
    desk.say(visitor_id, "明天还能来吗")
    for clock, alerts in (("2026-11-23T18:30", 0), ("2026-11-24T08:00:10", 0), ("2026-11-24T08:00:21", 1)):
        desk.clock.set(datetime.fromisoformat(clock).replace(tzinfo=SHANGHAI))
        desk.run_jobs()
        assert [event.code for event in desk.push.of_type("alert.raised")] == ["reply_overdue"] * alerts, clock
