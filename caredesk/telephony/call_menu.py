"""A call before anybody answers: greeting, menu, waiting, a message, the last words. Pure moves of the machine.

A file of its own because the machine is two things: what a caller alone goes through, and what happens between people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from caredesk.telephony.call_moves import dial, enter, music, play, ring, step, told, wake
from caredesk.telephony.call_state import (
    BeginMessage,
    CallBackKept,
    CallState,
    Effect,
    EnterQueue,
    KeepMessage,
    NoteCallBack,
    OfferMade,
    PlaceKnown,
    Send,
    Step,
    Stumbled,
    TimeOut,
    WaitOver,
    WithdrawCallBack,
)
from caredesk.telephony.facts import CallArrived, CallDigit, CallPlayed, VoicemailEnded
from caredesk.telephony.menu_rules import MenuNow

SHORTEST_MESSAGE = 1.0
"""Seconds; what is shorter is a receiver that was put down."""
MOST_PLAYS = 60
"""Whoever has heard so much without choosing is put through to people."""
CALL_BACK_KEY = "1"
WITHDRAW_KEY = "#"


def begin(fact: CallArrived, *, now: datetime, menu: MenuNow, owes: bool = False) -> Step:
    """Answer a call: greeting with the notice of recording first, which nobody can skip (B54).

    Without a notice a key cuts the greeting short, as it does whatever comes after it. `owes` tells that this number
    waits for a call-back: after the greeting, which is then heard whole, the caller may withdraw it.
    """
    state = CallState(id=fact.call_id, direction="in", phase="menu", started_at=now, since=now, stage="greeting")
    effects: list[Effect] = [Send("answer")]
    if owes:
        state = told(state, owes="told")
    if menu.setup.record:
        state = told(state, has_recording=True)
        effects.append(Send("record", {"recording_id": recording_of(state), "on": True}))
    state, greeting = play(state, menu.greeting, interruptible=not _is_heard_whole(state))
    return step(state, *effects, greeting)


def _is_heard_whole(state: CallState) -> bool:
    return state.has_recording or bool(state.owes)


def recording_of(state: CallState) -> str:
    """Return the id of a call's recording."""
    return f"{state.id}-r"


# ---- the menu --------------------------------------------------------------------------------------------


def in_menu(  # noqa: PLR0911 (one return for each fact)
    state: CallState, fact: object, *, now: datetime, menu: MenuNow
) -> Step:
    """Move a caller on who hears greeting or menu."""
    match fact:
        case CallPlayed() if fact.play_id == state.playing and not fact.interrupted:
            return _heard(state, now=now, menu=menu)
        case CallDigit():
            return _pressed(state, fact.digit, now=now, menu=menu)
        case TimeOut() if fact.timer == state.timer and state.stage == "digit":
            return _nothing_chosen(state, now=now, menu=menu)
        case CallBackKept():
            return _after_wish(state, kept=fact.kept, now=now, menu=menu)
        case WaitOver():
            return _say_nobody_comes(state, fact, now=now, menu=menu)
        case Stumbled():
            return _wait(told(state, owes=""), menu.default_queue_id, now=now, menu=menu, words=("to_default",))
        case _:
            return step(state)


def _heard(  # noqa: PLR0911 (one return for each place)
    state: CallState, *, now: datetime, menu: MenuNow
) -> Step:
    match state.stage:
        case "greeting" if state.owes:
            return _ask_of_call_back(state, now=now, menu=menu)
        case "greeting" if not menu.open:
            words = (*menu.today, *menu.closed)
            return _say_closed(state, words, queue_id=menu.default_queue_id, now=now, menu=menu)
        case "greeting" if state.pressed:
            return _choose(told(state, pressed=""), state.pressed, now=now, menu=menu)
        case "greeting" if menu.menu:
            return _ask(state, menu.today, counts=True, menu=menu)
        case "greeting":
            return _wait(state, menu.default_queue_id, now=now, menu=menu, words=(*menu.today, "please_wait"))
        case "information" if menu.menu:
            return _ask(state, (), counts=False, menu=menu)
        case "asking":
            state, timer = wake(told(state, stage="digit", playing=""), seconds=menu.setup.digit_seconds)
            return step(state, timer)
        case "closed":
            return _say_goodbye(state, (), now=now)
        case _:
            return _wait(state, menu.default_queue_id, now=now, menu=menu)


def _ask_of_call_back(state: CallState, *, now: datetime, menu: MenuNow) -> Step:
    """Tell a caller of the call-back that is owed, and withdraw it when they press the key; then the greeting is over.

    It is heard whole, as the greeting was: a key that cut it short could as well be meant for the menu.
    """
    if state.owes == "told":
        pressed = "" if state.pressed == WITHDRAW_KEY else state.pressed
        state, said = play(told(state, owes="asked", pressed=pressed), ("call_back_owed",), interruptible=False)
        return step(state, said)
    if state.pressed != WITHDRAW_KEY:
        return _heard(told(state, owes=""), now=now, menu=menu)
    state, said = play(told(state, owes="", pressed=""), ("call_back_withdrawn",), interruptible=False)
    return step(state, WithdrawCallBack(), said)


def _ask(state: CallState, first: Sequence[str], *, counts: bool, menu: MenuNow) -> Step:
    state, words = play(told(state, stage="asking", round=state.round + counts), (*first, *menu.menu))
    return step(state, words)


def _pressed(state: CallState, digit: str, *, now: datetime, menu: MenuNow) -> Step:
    if state.stage == "greeting":
        heard = told(state, pressed=digit)
        return step(heard) if _is_heard_whole(state) else _heard(heard, now=now, menu=menu)
    if state.stage == "closed":
        return step(state)
    return _choose(state, digit, now=now, menu=menu)


def _choose(  # noqa: PLR0911 (one return for each kind of choice)
    state: CallState, digit: str, *, now: datetime, menu: MenuNow
) -> Step:
    choice = menu.choice(digit)
    if state.plays >= MOST_PLAYS:
        return _wait(state, menu.default_queue_id, now=now, menu=menu)
    if choice is None:
        return _again(state, "wrong_choice", now=now, menu=menu)
    queue_id = choice.queue_id or menu.default_queue_id
    match choice.kind:
        case "queue" if choice.open:
            return _wait(state, queue_id, now=now, menu=menu)
        case "queue":
            return _say_closed(state, choice.closed, queue_id=queue_id, now=now, menu=menu)
        case "information":
            state, words = play(told(state, stage="information"), choice.prompts)
            return step(state, words)
        case "call_back":
            return step(told(state, pending_queue=queue_id or "", playing=""), NoteCallBack(queue_id))
        case "message":
            return _invite(state, (), queue_id=queue_id, now=now, menu=menu)


def _nothing_chosen(state: CallState, *, now: datetime, menu: MenuNow) -> Step:
    return _again(state, "no_choice", now=now, menu=menu)


def _again(state: CallState, word: str, *, now: datetime, menu: MenuNow) -> Step:
    if state.round < menu.setup.rounds and menu.menu:
        return _ask(state, (word,), counts=True, menu=menu)
    return _wait(state, menu.default_queue_id, now=now, menu=menu, words=("to_default",))


def _after_wish(state: CallState, *, kept: bool, now: datetime, menu: MenuNow) -> Step:
    if kept:
        return _say_goodbye(state, ("call_back_kept",), now=now, foreseen="callback_requested")
    return _wait(state, state.pending_queue or None, now=now, menu=menu, words=("call_back_refused",))


# ---- closed, and messages --------------------------------------------------------------------------------


def _say_closed(state: CallState, words: Sequence[str], *, queue_id: str | None, now: datetime, menu: MenuNow) -> Step:
    state = told(state, foreseen="after_hours")
    if menu.setup.voicemail:
        return _invite(state, words, queue_id=queue_id, now=now, menu=menu)
    state, said = play(told(state, stage="closed"), words)
    return step(state, said)


def _invite(state: CallState, words: Sequence[str], *, queue_id: str | None, now: datetime, menu: MenuNow) -> Step:
    state = enter(state, "message", now=now, stage="invited", pending_queue=queue_id or "")
    # A key cuts the invitation short, as everywhere: the tone follows at once.
    state, said = play(state, (*words, *menu.voicemail_notice))
    return step(state, BeginMessage(queue_id), said)


def _say_nobody_comes(state: CallState, over: WaitOver, *, now: datetime, menu: MenuNow) -> Step:
    state = told(state, foreseen=over.disposition)
    if menu.setup.voicemail:
        return _invite(state, over.prompts, queue_id=state.pending_queue or None, now=now, menu=menu)
    return _say_goodbye(state, over.prompts, now=now)


def in_message(state: CallState, fact: object, *, now: datetime, menu: MenuNow) -> Step:
    """Move a caller on who is about to speak a message, or speaks it."""
    match fact:
        case CallPlayed() if fact.play_id == state.playing and state.stage == "invited":
            message_id = f"{state.id}-m"
            limits = {
                "max_seconds": menu.setup.voicemail_seconds,
                "silence_seconds": menu.setup.voicemail_silence_seconds,
            }
            state = told(state, stage="speaking", message_id=message_id, playing="")
            return step(state, Send("voicemail", {"recording_id": message_id, "beep": True, **limits}))
        case VoicemailEnded() if fact.recording_id == state.message_id:
            kept, effects = message_kept(state, fact)
            words = ("voicemail_kept",) if effects else ()
            said = _say_goodbye(kept, words, now=now)
            return step(said.state, *effects, *said.effects)
        case Stumbled():
            return _say_goodbye(state, ("failed",), now=now)
        case _:
            return step(state)


def message_kept(state: CallState, fact: VoicemailEnded) -> tuple[CallState, list[Effect]]:
    """Note a spoken message; one that says nothing is none."""
    if fact.seconds < SHORTEST_MESSAGE or state.message_seconds:
        return state, []
    return told(state, message_seconds=fact.seconds), [KeepMessage(fact.recording_id, fact.seconds)]


def _say_goodbye(state: CallState, words: Sequence[str], *, now: datetime, foreseen: str = "") -> Step:
    """Say the last words; the call is hung up when they have been heard."""
    state = enter(state, "leaving", now=now, stage="", foreseen=foreseen or state.foreseen)
    state, said = play(state, (*words, "goodbye"), interruptible=False)
    return step(state, said)


def leaving(state: CallState, fact: object) -> Step:
    """Hang up once the last words were heard; whatever else happens now does not count."""
    if isinstance(fact, Stumbled) or (isinstance(fact, CallPlayed) and fact.play_id == state.playing):
        return step(told(state, playing="", hung_up_by="system"), Send("hangup", {"reason": "done"}))
    return step(state)


# ---- waiting ---------------------------------------------------------------------------------------------


def _wait(
    state: CallState, queue_id: str | None, *, now: datetime, menu: MenuNow, words: Sequence[str] = ("please_wait",)
) -> Step:
    state = enter(state, "waiting", now=now, stage="", was_queued=True, pending_queue=queue_id or "", foreseen="")
    state, said = play(state, words, interruptible=False)
    state, timer = wake(state, seconds=menu.setup.announce_seconds)
    return step(state, EnterQueue(queue_id), said, timer)


def waiting(  # noqa: PLR0911 (one return for each fact)
    state: CallState, fact: object, *, now: datetime, menu: MenuNow
) -> Step:
    """Move a caller on who waits in a queue."""
    match fact:
        case CallPlayed() if fact.play_id == state.playing:
            state, heard = music(state)
            return step(state, heard)
        case CallDigit(digit=digit) if digit == CALL_BACK_KEY and menu.setup.call_back and state.direction == "in":
            return step(state, NoteCallBack(None))
        case CallBackKept(kept=True):
            return _say_goodbye(state, ("call_back_kept",), now=now, foreseen="callback_requested")
        case CallBackKept():
            state, said = play(state, ("call_back_refused",))
            return step(state, said)
        case PlaceKnown() if fact.timer == state.timer:
            state, said = play(state, fact.prompts)
            state, timer = wake(state, seconds=menu.setup.announce_seconds)
            return step(state, said, timer)
        case OfferMade():
            return _ring(state, fact, now=now)
        case WaitOver():
            return _say_nobody_comes(state, fact, now=now, menu=menu)
        case Stumbled():
            state, said = play(state, ("still_waiting",))
            state, timer = wake(state, seconds=menu.setup.announce_seconds)
            return step(state, said, timer)
        case _:
            return step(state)


def _ring(state: CallState, offer: OfferMade, *, now: datetime) -> Step:
    state = enter(state, "ringing", now=now, playing="")
    state, leg = ring(state, role="agent", staff_id=offer.staff_id, offer_id=offer.offer_id)
    return step(state, dial(leg, users=offer.users, seconds=offer.ring_seconds, bridge=True))


def wait_again(
    state: CallState, *, now: datetime, menu: MenuNow, words: Sequence[str] = ()
) -> tuple[CallState, list[Effect]]:
    """Let a caller wait who had an agent, or nearly; music goes on unless there is something to say.

    Whoever waits is a caller, also when it was we who had called.
    """
    state = enter(state, "waiting", now=now, was_queued=True, playing="", direction="in")
    effects: list[Effect] = []
    if words:
        state, said = play(state, words, interruptible=False)
        effects.append(said)
    state, timer = wake(state, seconds=menu.setup.announce_seconds)
    return state, [*effects, timer]
