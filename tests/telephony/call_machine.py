"""A desk double that decides by the real machine of calls, without a database: what it wishes goes to the engine.

Queues, timers and offers are nobody's here: a caller who has chosen waits until the test ends.
"""

from __future__ import annotations

from collections.abc import Mapping

from caredesk.core.clock import SystemClock
from caredesk.telephony.call_menu import begin
from caredesk.telephony.call_rules import advance
from caredesk.telephony.call_state import CallState, Send
from caredesk.telephony.facts import (
    FACT,
    CallArrived,
    EngineCalls,
    EngineRecovered,
    EngineStarted,
    EngineTrouble,
    PhoneRegistered,
    PhoneUnregistered,
)
from caredesk.telephony.menu_rules import Choice, MenuNow
from caredesk.telephony.menu_schemas import HotlineSetup
from tests.telephony.desk_double import DeskDouble, Fact

NOTICE_HZ, TODAY_HZ, MENU_HZ, WAIT_HZ = 800, 1_200, 1_700, 2_300
"""How each prompt sounds; neither like music and ringing nor like whoever speaks in these tests."""
NOTICE_SECONDS, TODAY_SECONDS = 6.0, 25.0
"""Long, so that a key that is pressed when the first sound of one is heard is pressed within it on any machine."""
_NOT_OF_CALLS = (EngineStarted, EngineCalls, EngineTrouble, EngineRecovered, PhoneRegistered, PhoneUnregistered)


def speak(desk: DeskDouble) -> list[str]:
    """Offer what such a caller may hear; return the names."""
    sounds: Mapping[str, tuple[float, float]] = {
        "bargein_notice": (NOTICE_HZ, NOTICE_SECONDS),
        "bargein_today": (TODAY_HZ, TODAY_SECONDS),
        "bargein_menu": (MENU_HZ, 2.0),
        "please_wait": (WAIT_HZ, 4.0),
    }
    for name, (hz, seconds) in sounds.items():
        desk.add_prompt(name, hz=hz, seconds=seconds)
    desk.wait_done(desk.command("", "prompts_changed"))
    return list(sounds)


def a_menu() -> MenuNow:
    """Return an open menu of one choice, before which something is said of the day."""
    return MenuNow(
        version=1,
        open=True,
        greeting=("bargein_notice",),
        menu=("bargein_menu",),
        choices=(Choice("1", "queue", "q-1"),),
        default_queue_id="q-0",
        closed=(),
        next_open=None,
        voicemail_notice=(),
        setup=HotlineSetup(default_queue="general"),
        today=("bargein_today",),
    )


class CallMachine:
    """Takes the facts of all calls in their order, as the desk does."""

    def __init__(self, desk: DeskDouble, *, menu: MenuNow) -> None:
        self._desk, self._menu, self._clock = desk, menu, SystemClock()
        self.states: dict[str, CallState] = {}

    def take(self, told: Fact) -> None:
        """Move a call on and tell the engine what follows."""
        fact, now = FACT.validate_python(told), self._clock.now()
        if isinstance(fact, _NOT_OF_CALLS):
            return
        if isinstance(fact, CallArrived):
            step = begin(fact, now=now, menu=self._menu)
        elif fact.call_id in self.states:
            step = advance(self.states[fact.call_id], fact, now=now, menu=self._menu)
        else:
            return
        self.states[fact.call_id] = step.state
        for effect in step.effects:
            if isinstance(effect, Send):
                self._desk.command(fact.call_id, effect.verb, **effect.args)
