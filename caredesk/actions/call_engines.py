"""Engines: when they were heard, what they are told, and bringing both sides in line after either was away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions import alerts
from caredesk.actions.call_steps import issue
from caredesk.actions.match_asking import ask_for_match
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.alert_codes import AlertCode
from caredesk.queue import queries as queue_queries
from caredesk.telephony import queries
from caredesk.telephony.commands import Commands, CommandView
from caredesk.telephony.facts import CallEnded, EngineCalls, EngineFact, EngineRecovered, EngineStarted, EngineTrouble
from caredesk.telephony.models import Call, Engine

DOWN_AFTER = timedelta(seconds=45)
"""An engine asks for commands at least every 25 seconds; who is silent longer rings nobody."""
NOTED_EVERY = timedelta(seconds=5)
YOUNG = timedelta(seconds=10)
"""A call this young may be missing from a list that was made before it."""
COMMANDS_AT_ONCE = 500
FORGOTTEN_AFTER = timedelta(days=1)
TROUBLE: AlertCode = "hotline_trouble"


def find_up(session: Session, *, now: datetime) -> Engine | None:
    """Return the engine that is at work now, if any was heard lately."""
    return queries.find_up(session, since=now - DOWN_AFTER)


def hear(work: Work, *, name: str) -> Engine:
    """Note that an engine has spoken, and return it locked; who waits for a phone is offered again when it is back."""
    engine = queries.lock_engine(work.session, name=name, now=work.now)
    if engine.heard_at < work.now - DOWN_AFTER:
        for queue in queue_queries.list_queues(work.session):
            ask_for_match(work, queue_id=queue.id, trigger="engine_back")
        _calm(work, engine)
    if engine.heard_at < work.now - NOTED_EVERY:
        engine.heard_at = work.now
    return engine


def watch_engines(work: Work) -> None:
    """Call for a person when the hotline has fallen silent; one that has been off for a day is meant to be."""
    engines = queries.list_engines(work.session)
    if engines and work.now - FORGOTTEN_AFTER < engines[0].heard_at < work.now - DOWN_AFTER:
        alerts.raise_alert(work, code=TROUBLE)


def _calm(work: Work, engine: Engine) -> None:
    """End the alert once nothing of the engine is in trouble any more."""
    if not engine.troubles:
        for alert in alerts.open_alerts(work.session):
            if alert.code == TROUBLE:
                alerts.end(work, alert_id=alert.id)


def is_due_to_be_noted(session: Session, *, name: str, now: datetime) -> bool:
    """Tell whether an engine that asks for commands is to be noted as heard: looking must not always be writing."""
    engine = queries.find_engine(session, name=name)
    return engine is None or engine.heard_at < now - NOTED_EVERY


def commands_for(session: Session, *, engine: str) -> Commands:
    """Return everything that an engine has not yet done, oldest first."""
    rows = queries.list_commands(session, engine=engine, limit=COMMANDS_AT_ONCE)
    found = [CommandView(id=one.id, n=one.n, call_id=one.call_id, verb=one.verb, args=one.args) for one in rows]
    return Commands(commands=found)


def tell_change(work: Work, *, engine: str, verb: str) -> None:
    """Tell an engine that something changed, unless it is away and will hear so once it is back.

    One that is at work may be fetching at this moment what held before, and has yet to say that it is done.
    """
    row = queries.find_engine(work.session, name=engine)
    is_up = row is not None and row.heard_at >= work.now - DOWN_AFTER
    if is_up or not queries.has_waiting_verb(work.session, engine=engine, verb=verb):
        issue(work, engine=engine, call_id="", commands=[(verb, {})])


def phones_changed(work: Work) -> None:
    """Tell every engine that the book of phones has changed."""
    for engine in queries.list_engines(work.session):
        tell_change(work, engine=engine.name, verb="phones_changed")


def prompts_changed(work: Work) -> None:
    """Tell every engine that what callers hear has changed."""
    for engine in queries.list_engines(work.session):
        tell_change(work, engine=engine.name, verb="prompts_changed")


# ---- what engines say of themselves ------------------------------------------------------------------------


def take_engine_fact(work: Work, fact: EngineFact, *, engine: Engine, run: str) -> list[CallEnded]:
    """Note what an engine says of itself; return the ends of calls that it does not know any more."""
    match fact:
        case EngineStarted():
            engine.run, engine.version, engine.started_at = run, fact.version, fact.at
            engine.capabilities, engine.troubles = list(fact.capabilities), []
            for verb in ("phones_changed", "prompts_changed"):
                tell_change(work, engine=engine.name, verb=verb)
            _calm(work, engine)
            live = queries.list_live_of_engine(work.session, engine=engine.name)
            return _ended(live, living=fact.calls, before=fact.at, at=fact.at)
        case EngineCalls():
            _hang_up_ended(work, engine=engine.name, living=fact.calls)
            live = queries.list_live_of_engine(work.session, engine=engine.name)
            return _ended(live, living=fact.calls, before=fact.at - YOUNG, at=fact.at)
        case EngineTrouble():
            engine.troubles = sorted({*engine.troubles, fact.code})
            alerts.raise_alert(work, code=TROUBLE)
        case EngineRecovered():
            engine.troubles = [code for code in engine.troubles if code != fact.code]
            _calm(work, engine)
    return []


def _ended(live: Collection[Call], *, living: Collection[str], before: datetime, at: datetime) -> list[CallEnded]:
    """Return the end of every call that began before an instant and is not named any more: nobody is on it."""
    return [
        CallEnded(id=new_id(), call_id=call.id, at=at, type="call.ended", by="system", reason="engine_forgot")
        for call in live
        if call.id not in set(living) and call.started_at < before
    ]


def _hang_up_ended(work: Work, *, engine: str, living: Collection[str]) -> None:
    """Have a call ended that the desk knows as over or not at all: nobody would ever serve or record it."""
    for call_id in living:
        call = queries.find_call(work.session, call_id=call_id)
        if call is None or call.ended_at is not None:
            issue(work, engine=engine, call_id=call_id, commands=[("hangup", {"reason": "over"})])
