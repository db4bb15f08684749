"""A menu, facts and short ways through the machine, for the tests of calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from caredesk.telephony.call_menu import begin
from caredesk.telephony.call_rules import advance
from caredesk.telephony.call_state import CallState, DeskFact, Effect, Finish, OfferMade, Send
from caredesk.telephony.facts import FACT, CallArrived, CallFact
from caredesk.telephony.menu_rules import Choice, MenuNow
from caredesk.telephony.menu_schemas import HotlineSetup

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CALL = "c" * 32
_ids = count(1)


def a_menu(*, is_open: bool = True, today: tuple[str, ...] = (), **setup: Any) -> MenuNow:
    """Return a menu: 1 a queue, 2 something to hear, 3 a call-back, 4 a message, 5 a closed queue."""
    choices = (
        Choice("1", "queue", "q-1"),
        Choice("2", "information", prompts=("info_booking",)),
        Choice("3", "call_back", "q-1"),
        Choice("4", "message", "q-1"),
        Choice("5", "queue", "q-2", open=False, closed=("choice_closed",)),
    )
    return MenuNow(
        version=1,
        open=is_open,
        greeting=("greeting", "recording_notice") if setup.get("record", True) else ("greeting",),
        today=today,
        menu=("press", "n_1"),
        choices=choices,
        default_queue_id="q-0",
        closed=("closed_holiday", "emergency"),
        next_open=None,
        voicemail_notice=("voicemail_invite",),
        setup=HotlineSetup(default_queue="general", **setup),
    )


def a_fact(kind: str, **values: Any) -> Any:
    """Return a fact of this kind about the call."""
    data = {"id": f"f-{next(_ids)}", "call_id": CALL, "at": AT, "type": kind, **values}
    return FACT.validate_python(data)


class Course:
    """One call and what has come of it; a second passes before each fact unless told otherwise."""

    def __init__(self, menu: MenuNow | None = None, *, state: CallState | None = None) -> None:
        self.menu = menu or a_menu()
        self.now = AT
        self.effects: list[Effect] = []
        arrived: CallArrived = a_fact("call.arrived", caller="13800001111", called="4001234567")
        if state is None:
            step = begin(arrived, now=self.now, menu=self.menu)
            state, self.effects = step.state, list(step.effects)
        self.state = state

    def take(self, fact: CallFact | DeskFact, *, seconds: float = 1) -> list[Effect]:
        """Take one fact and return what it has brought."""
        self.now += timedelta(seconds=seconds)
        step = advance(self.state, fact, now=self.now, menu=self.menu)
        self.state = step.state
        self.effects += step.effects
        return list(step.effects)

    def tell(self, kind: str, **values: Any) -> list[Effect]:
        return self.take(a_fact(kind, **values))

    def played(self) -> list[Effect]:
        """Let what is being played end."""
        return self.tell("call.played", play_id=self.state.playing)

    def press(self, digit: str) -> list[Effect]:
        return self.tell("call.digit", digit=digit)

    def to_queue(self) -> Course:
        self.played()
        self.press("1")
        return self

    def ring(self, *, offer: str = "o-1", staff: str = "s-1") -> str:
        """Ask an agent and return the leg."""
        self.take(OfferMade(offer, staff, ("w1001", "1001"), 20))
        return self.state.legs[-1].id

    def talk(self) -> str:
        """Come to where caller and agent talk; return the agent's leg."""
        leg = self.to_queue().ring()
        self.tell("leg.ringing", leg=leg)
        self.tell("leg.answered", leg=leg, user="w1001")
        self.tell("call.bridged", leg=leg)
        return leg

    def end(self, by: str = "caller") -> CallState:
        self.tell("call.ended", by=by, cause=16)
        return self.state

    @property
    def accounted(self) -> float:
        return sum(self.state.spent.values())


def sent(effects: Iterable[Effect]) -> list[str]:
    """Return the verbs of commands, in order."""
    return [one.verb for one in effects if isinstance(one, Send)]


def prompts(effects: Iterable[Effect]) -> Iterator[str]:
    """Yield every prompt that is played."""
    for one in effects:
        if isinstance(one, Send) and one.verb == "play":
            yield from one.args["prompts"]


def finished(effects: Iterable[Effect]) -> list[str]:
    return [one.disposition for one in effects if isinstance(one, Finish)]
