"""The real desk, the FreeSWITCH adapter and the stand-in together: a call through menu, queue, offer and talk."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from caredesk.accounts import presence_queries
from caredesk.accounts.rules import PresenceState
from caredesk.actions import call_phones, presence
from caredesk.conversations.models import Conversation
from caredesk.core.clock import SystemClock
from caredesk.core.ids import new_id
from caredesk.core.work import SYSTEM
from caredesk.edge.transactions import write
from caredesk.infra.hotline.freeswitch.engine import Engine, EngineSetup
from caredesk.telephony.models import Call
from tests.fixtures.server import LiveDesk
from tests.telephony.event_socket import PASSWORD, EventSocketDouble
from tests.telephony.tools import wait_for


@dataclass
class Hall:
    """Everything between a caller and an agent's phone."""

    live: LiveDesk
    switch: EventSocketDouble
    agent: str
    user: str

    def call(self, call: str) -> Call | None:
        with self.live.read() as session:
            found: Call | None = session.get(Call, call)
        return found

    def conversation(self, call: str) -> Conversation:
        talks = select(Conversation).join(Call, Call.conversation_id == Conversation.id).where(Call.id == call)
        with self.live.read() as session:
            found: Conversation = session.scalars(talks).one()
        return found

    def wait_phase(self, call: str, phase: str) -> Call:
        def look() -> Call | None:
            found = self.call(call)
            return found if found is not None and found.phase == phase else None

        return wait_for(look, what=lambda: f"not {phase}; asked:\n" + "\n".join(self.switch.commands))

    def listen_until_it_rings(self, call: str) -> str:
        """Let every prompt be heard to its end until the agent's desk phone is rung; return that phone's channel."""
        prompt = rf"execute {call} playback \S+ (?P<mark>\S+)"
        phone = rf"originate \{{origination_uuid=(?P<phone>[0-9a-f-]+),.*\}}user/{self.user}@"
        for number in range(1, 12):
            came = self.switch.wait(rf"(?:{prompt}|{phone})", number=number)
            if came["phone"]:
                return str(came["phone"])
            self.switch.emit("CHANNEL_EXECUTE_COMPLETE", call, Application_UUID=came["mark"])
        raise AssertionError(self.switch.commands)


@pytest.fixture
def hall(live: LiveDesk, tmp_path: Path) -> Iterator[Hall]:
    queue_id = live.add_queue()
    agent = live.add_agent("lin", queues=(queue_id,))
    services = live.desk.services
    with write(services, actor=SYSTEM) as work:
        presence_queries.ensure_presence(work.session, staff_id=agent, capacity=3, now=work.now)
        user = call_phones.issue_secret(work, staff_id=agent, kind="desk").user
    switch = EventSocketDouble()
    switch.start()
    folder = tmp_path / "freeswitch"
    setup = EngineSetup(
        folder, live.url, services.hooks.hotline, "127.0.0.1", switch.port, PASSWORD, "caredesk", "carrier"
    )
    engine = Engine(setup, clock=SystemClock())
    engine.start()
    working = threading.Thread(target=engine.work, daemon=True)
    working.start()
    switch.wait_connection(1)
    switch.wait("reloadxml")
    wait_for(lambda: engine.sounds(["hold"]) or None, what=lambda: "no prompts")
    switch.emit("sofia::register", from_user=user, expires="3600")
    yield Hall(live, switch, agent, user)
    engine.stop()
    working.join(10)
    # Requests that are still held are answered while there is somebody to send the answers.
    services.bells.close()
    switch.stop()


def sit_down(hall: Hall) -> None:
    """Let the agent be there and ready, at a screen of another server: this one has no socket of theirs."""
    with write(hall.live.desk.services, actor=SYSTEM) as work:
        presence.connect(work, sid=new_id(), node="elsewhere", staff_id=hall.agent)
        presence.set_presence(work, staff_id=hall.agent, state=PresenceState.READY, reason="")


def test_a_caller_reaches_an_agent_through_freeswitch_and_is_recorded(hall: Hall) -> None:
    call = uuid.uuid4().hex
    hall.switch.call_in(call)
    hall.switch.wait(f"uuid_answer {call}")
    sit_down(hall)
    phone = hall.listen_until_it_rings(call)
    hall.switch.answer(phone)
    hall.switch.wait(f"uuid_bridge {call} {phone}")
    hall.switch.bridge(call, phone)
    talking = hall.wait_phase(call, "talking")
    assert (talking.agent_id, talking.engine) == (hall.agent, "freeswitch")
    assert hall.conversation(call).assignee_id == hall.agent
    hall.switch.wait(rf"uuid_record {call} start")
    hall.switch.hang_up(call)
    ended = hall.wait_phase(call, "ended")
    assert (ended.disposition, ended.hung_up_by) == ("answered", "caller")
