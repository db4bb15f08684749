"""What a caller hears when something that was told of their call could not be taken for a fault of ours: never silence.

Nobody is told here whose fault it was; that stands in the log, and the fact among the failed ones.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.actions import call_steps, calls
from caredesk.core.work import Work
from caredesk.telephony import queries
from caredesk.telephony.call_state import Stumbled
from caredesk.telephony.facts import CallArrived, CallEnded, CallPlayed, Fact

ALONE = frozenset({"menu", "waiting", "message", "leaving"})
"""Phases in which a caller hears nobody but the machine."""
SORRY = "sorry"
"""The play of the last words to a caller for whom nothing else can be done."""


def needs_rescue(session: Session, *, fact: Fact | None) -> bool:
    """Tell whether somebody may be alone on the line who waits for an answer to this fact.

    Who talks, or is being rung for, hears people or goes on hearing music.
    """
    if fact is None or not fact.call_id or isinstance(fact, CallEnded):
        return False
    call = queries.find_call(session, call_id=fact.call_id)
    return call is None or call.phase in ALONE


def carry_on(work: Work, *, fact: Fact, engine: str) -> None:
    """Let a caller who is alone with the machine go on: from the menu to people, in the line with a word, else goodbye.

    A call that we never took up is parted from with an excuse.
    """
    locked = call_steps.get_locked(work, call_id=fact.call_id)
    if locked is None:
        say_sorry(work, fact=fact, engine=engine)
        return
    call, conversation = locked
    effects = call_steps.take(work, call, Stumbled(), conversation=conversation, at=work.now)
    calls.do(work, call, effects, conversation=conversation, at=work.now)


def say_sorry(work: Work, *, fact: Fact, engine: str) -> None:
    """Part from a caller with an excuse, past everything that could fail; the call is hung up once it was heard."""
    first = [("answer", dict[str, object]())] if isinstance(fact, CallArrived) else []
    words = {"play_id": SORRY, "prompts": ["failed"], "loop": False, "interruptible": False}
    call_steps.issue(work, engine=engine, call_id=fact.call_id, commands=[*first, ("play", words)])


def hang_up_after(work: Work, *, fact: Fact, engine: str) -> None:
    """Hang up once the excuse was heard, whether we know the call or not."""
    if isinstance(fact, CallPlayed) and fact.play_id == SORRY:
        call_steps.issue(work, engine=engine, call_id=fact.call_id, commands=[("hangup", {"reason": "failed"})])
