"""The hotline's menu as data, and what of it holds at an instant: values in, names of prompts and choices out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from caredesk.telephony import prompt_rules
from caredesk.telephony.menu_schemas import HotlineSetup, MenuOption
from caredesk.telephony.prompt_catalogue import named
from caredesk.telephony.prompt_rules import Said

ChoiceKind = Literal["queue", "information", "call_back", "message"]
INFORMATION = ("info_booking", "info_parcel", "not_medical", "emergency")
"""What a digit may have played; recordings of the hospital's own take their place under the same names."""
MOST_SUGGESTED = 5
MOST_NAMED = 6
"""So many departments of a cancelled clinic are named; nobody listens to more."""


@dataclass(frozen=True)
class QueueNow:
    """A queue as the menu sees it: whether it is open now, why, and when it opens next."""

    id: str
    key: str
    name: str
    open: bool
    reason: str
    next_open: datetime | None


@dataclass(frozen=True)
class Choice:
    """What a digit does now. A choice of a closed queue carries what is said instead of waiting (`closed`)."""

    digit: str
    kind: ChoiceKind
    queue_id: str | None = None
    open: bool = True
    prompts: Said = ()
    """For `information`: what is played, before the menu comes again."""
    closed: Said = ()


@dataclass(frozen=True)
class MenuNow:
    """Everything that a call needs to know of menu, hours and limits at the instant when it arrives.

    `open` is whether the default queue, or any queue of the menu, takes calls now. When it is not, `closed` is played
    after `greeting` and `today` instead of `menu`; then voicemail if `voicemail` says so, else `goodbye`.
    """

    version: int
    open: bool
    greeting: Said
    menu: Said
    choices: tuple[Choice, ...]
    default_queue_id: str | None
    closed: Said
    next_open: datetime | None
    voicemail_notice: Said
    setup: HotlineSetup
    """Limits and switches: rounds, seconds to wait for a digit, seconds between announcements, and so on."""
    today: Said = ()
    """What is said of this day between greeting and menu; a key cuts it short."""

    def choice(self, digit: str) -> Choice | None:
        """Return what a digit does, or None when it does nothing."""
        return next((one for one in self.choices if one.digit == digit), None)


def menu_of(
    setup: HotlineSetup,
    *,
    version: int,
    hospital: str,
    queues: Sequence[QueueNow],
    cancelled: Sequence[str],
    now: datetime,
) -> MenuNow:
    """Return the menu that holds now. `cancelled` are today's departments whose clinic does not take place."""
    by_key = {queue.key: queue for queue in queues}
    default = by_key.get(setup.default_queue) or (queues[0] if queues else None)
    choices = tuple(_choice(option, queues=by_key, now=now) for option in setup.options)
    menu = tuple(name for option in setup.options for name in _spoken(option, queues=by_key))
    offered = [by_key[option.queue_key] for option in setup.options if option.queue_key in by_key]
    reachable = [*([default] if default else []), *offered]
    head = default or QueueNow(id="", key="", name="", open=False, reason="no_schedule", next_open=None)
    return MenuNow(
        version=version,
        open=any(queue.open for queue in reachable),
        greeting=_greeting(setup, hospital=hospital),
        menu=menu,
        choices=choices,
        default_queue_id=default.id if default else None,
        closed=prompt_rules.closed(head.reason, next_open=_soonest(reachable), now=now),
        next_open=_soonest(reachable),
        voicemail_notice=prompt_rules.voicemail_notice(setup.voicemail_seconds),
        setup=setup,
        today=_today(setup, cancelled=cancelled),
    )


def default_setup(queues: Sequence[tuple[str, bool]]) -> HotlineSetup:
    """Return the set-up that queues suggest, given as (key, is default): a digit for each, and one for a message."""
    default = next((key for key, is_default in queues if is_default), queues[0][0] if queues else "general")
    options = [
        MenuOption(digit=str(digit), kind="queue", queue_key=key)
        for digit, (key, _) in enumerate(queues[:MOST_SUGGESTED], start=1)
    ]
    more = [
        MenuOption(digit="8", kind="information", prompt=INFORMATION[0]),
        MenuOption(digit="9", kind="message"),
    ]
    return HotlineSetup(options=[*options, *more], default_queue=default)


def _greeting(setup: HotlineSetup, *, hospital: str) -> Said:
    hello = named("greeting", name=hospital).name if hospital else "greeting"
    return (hello, "recording_notice") if setup.record else (hello,)


def _today(setup: HotlineSetup, *, cancelled: Sequence[str]) -> Said:
    told = tuple(named("department", name=name).name for name in cancelled[:MOST_NAMED]) if setup.say_cancelled else ()
    return ("cancelled_today", *told) if told else ()


def _choice(option: MenuOption, *, queues: Mapping[str, QueueNow], now: datetime) -> Choice:
    queue = queues.get(option.queue_key or "")
    if option.kind == "queue" and queue is None:
        # The queue was taken away after the menu was kept: the caller is served by the default one.
        return Choice(option.digit, "queue")
    if queue is None:
        return Choice(option.digit, option.kind, prompts=(option.prompt,) if option.prompt else ())
    closed = () if queue.open else ("choice_closed", *prompt_rules.opens(queue.next_open, now=now))
    return Choice(option.digit, option.kind, queue.id, queue.open, closed=closed)


def _spoken(option: MenuOption, *, queues: Mapping[str, QueueNow]) -> Said:
    """Say what for, then which key: who hears the key first has forgotten it by the end of the sentence."""
    queue = queues.get(option.queue_key or "")
    if option.kind == "queue" and queue is None:
        return ()
    what = named("queue", name=queue.name).name if queue and option.kind == "queue" else f"for_{option.kind}"
    return (what, "press", *prompt_rules.key_pressed(option.digit))


def _soonest(queues: Sequence[QueueNow]) -> datetime | None:
    return min((queue.next_open for queue in queues if queue.next_open), default=None)
