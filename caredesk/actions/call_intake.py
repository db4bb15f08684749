"""What engines tell, taken once each: repeats are known by their id, unreadable facts are noted and never block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from caredesk.actions import call_engines, call_phones, call_rescue, calls
from caredesk.core.work import Work
from caredesk.telephony import queries
from caredesk.telephony.facts import (
    FACT,
    EngineCalls,
    EngineRecovered,
    EngineStarted,
    EngineTrouble,
    Fact,
    PhoneRegistered,
    PhoneUnregistered,
)
from caredesk.telephony.models import Engine

LONGEST_ID = 64
LONGEST_TYPE = 30
PERSONAL = frozenset({"caller", "called"})
"""What is kept with the call and nowhere else."""
KEPT = timedelta(days=30)
"""How long it is known what engines told; none keeps anything for so long before it is taken."""
FORGOTTEN_AT_ONCE = 500
OF_THE_ENGINE = EngineStarted | EngineCalls | EngineTrouble | EngineRecovered | PhoneRegistered | PhoneUnregistered


@dataclass(frozen=True)
class Told:
    """A fact as it was told; `fact` is none when it cannot be read."""

    id: str
    fact: Fact | None
    type: str


def read_fact(data: Mapping[str, Any]) -> Told | None:
    """Read a fact; None when not even its id can be read, so that it could never be answered."""
    found = data.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID or not found.isascii() or not found.isprintable():
        return None
    kind = data.get("type")
    name = kind if isinstance(kind, str) and kind.isascii() and kind.isprintable() else "?"
    try:
        return Told(found, FACT.validate_python(data), name[:LONGEST_TYPE])
    except ValidationError:
        return Told(found, None, name[:LONGEST_TYPE])


def take_facts(work: Work, *, engine: str, run: str, facts: Sequence[Told], done: Sequence[str]) -> None:
    """Take what an engine tells, in its order, and note what it has done."""
    row = call_engines.hear(work, name=engine)
    if done:
        queries.finish_commands(work.session, engine=engine, command_ids=done, now=work.now)
    for told in _claim(work, facts, engine=engine):
        if told.fact is not None and not _is_late(told.fact, now=work.now):
            _take(work, told.fact, engine=engine, row=row, run=run)


def _claim(work: Work, facts: Sequence[Told], *, engine: str, fate: str = "") -> list[Told]:
    """Keep facts, and return those that are new, once each and in their order."""
    by_id: dict[str, Told] = {}
    for told in facts:
        by_id.setdefault(told.id, told)
    values = [_values(work, told, engine=engine, fate=fate) for told in by_id.values()]
    new = queries.claim_facts(work.session, values=values) if values else set()
    return [told for told in by_id.values() if told.id in new]


def _fate(fact: Fact | None, *, now: datetime) -> str:
    return "bad" if fact is None else "late" if _is_late(fact, now=now) else "done"


def _is_late(fact: Fact, *, now: datetime) -> bool:
    """Tell whether a fact is so old that it may have been taken and forgotten.

    What is told of a call may come again for ever: the call itself knows where it stands. An engine and its phones
    have no such memory, and an old word of theirs would undo newer ones.
    """
    return isinstance(fact, OF_THE_ENGINE) and fact.at < now - KEPT


def _values(work: Work, told: Told, *, engine: str, fate: str) -> dict[str, Any]:
    fact = told.fact
    return {
        "id": told.id,
        "engine": engine,
        "call_id": fact.call_id if fact else "",
        "type": told.type,
        "at": fact.at if fact else work.now,
        "taken_at": work.now,
        "fate": fate or _fate(fact, now=work.now),
        "data": fact.model_dump(mode="json", exclude={"id", "call_id", "at", "type", *PERSONAL}) if fact else {},
    }


def _take(work: Work, fact: Fact, *, engine: str, row: Engine, run: str) -> None:
    if isinstance(fact, PhoneRegistered | PhoneUnregistered):
        call_phones.take_phone_fact(work, fact)
    elif isinstance(fact, EngineStarted | EngineCalls | EngineTrouble | EngineRecovered):
        for ended in call_engines.take_engine_fact(work, fact, engine=row, run=run):
            calls.take_fact(work, ended, engine=engine)
    else:
        call_rescue.hang_up_after(work, fact=fact, engine=engine)
        if not calls.take_fact(work, fact, engine=engine):
            queries.note_fate(work.session, fact_id=fact.id, fate="unknown")


def note_failed(work: Work, *, engine: str, told: Told) -> None:
    """Keep a fact that we could not take for a fault of our own, so that it does not come for ever."""
    _claim(work, [told], engine=engine, fate="failed")


def forget_old(work: Work) -> None:
    """Forget what engines told and were told so long ago that nobody asks any more; some at a time, to be short.

    What is told again afterwards changes nothing, see `_is_late`.
    """
    before = work.now - KEPT
    queries.forget_facts(work.session, before=before, limit=FORGOTTEN_AT_ONCE)
    for engine in queries.list_engines(work.session):
        queries.forget_commands(work.session, engine=engine.name, before=before, limit=FORGOTTEN_AT_ONCE)
