"""Figures of the running desk for a monitoring system; counts and ages, never a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.actions import backups, desk
from caredesk.actions.summaries import queue_view
from caredesk.actions.sweep import FAULTS
from caredesk.assistance import broadcast_queries, call_up_queries, news_queries
from caredesk.conversations import picture_queries
from caredesk.core.outbox import JobRow
from caredesk.guardrails import queries as guardrail_queries
from caredesk.queue import queries as queue_queries
from caredesk.retention import queries as retention_queries
from caredesk.retention.classes import walked_classes
from caredesk.telephony import figure_queries, queries


@dataclass(frozen=True)
class Figure:
    """One gauge, or a counter where it only ever grows: its values by label values."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: Sequence[tuple[tuple[str, ...], float]]
    only_grows: bool = False


def list_figures(session: Session, *, now: datetime) -> list[Figure]:
    """Return the desk's figures at this instant."""
    known = [*_queues(session, now=now), _agents(session), *_jobs(session, now=now), *_service(session, now=now)]
    known += [_unscanned(session), _findings(session, now=now)]
    told = [_unsent(session, now=now), _news(session), _faults(session), _retention(session)]
    return [*known, *told, *_telephony(session, now=now), *_backups(session, now=now)]


def _queues(session: Session, *, now: datetime) -> list[Figure]:
    views = [queue_view(session, queue, at=now) for queue in queue_queries.list_queues(session)]
    ages = [(v, (now - v.longest_wait_since).total_seconds() if v.longest_wait_since else 0.0) for v in views]
    return [
        Figure("caredesk_queue_open", "1 while the queue is open.", ("queue",), [((v.key,), v.open) for v in views]),
        Figure("caredesk_queue_waiting", "Waiting conversations.", ("queue",), [((v.key,), v.waiting) for v in views]),
        Figure(
            "caredesk_queue_longest_wait_seconds",
            "Age of the longest wait.",
            ("queue",),
            [((v.key,), age) for v, age in ages],
        ),
    ]


def _agents(session: Session) -> Figure:
    counts: dict[str, int] = {}
    for agent in presence_queries.list_agents_now(session):
        state = agent.presence.state if agent.connected else "offline"
        counts[state] = counts.get(state, 0) + 1
    values = [((state,), float(count)) for state, count in sorted(counts.items())]
    return Figure("caredesk_agents", "Agents by state.", ("state",), values)


def _jobs(session: Session, *, now: datetime) -> list[Figure]:
    due = session.scalar(select(func.count()).where(JobRow.dead.is_(False), JobRow.due_at <= now)) or 0
    dead = session.scalar(select(func.count()).where(JobRow.dead.is_(True))) or 0
    return [
        Figure("caredesk_jobs_due", "Jobs whose time has come.", (), [((), due)]),
        Figure("caredesk_jobs_dead", "Jobs that failed too often.", (), [((), dead)]),
    ]


def _service(session: Session, *, now: datetime) -> list[Figure]:
    today = desk.service_today(session, now=now)
    return [
        Figure("caredesk_answered_today", "Conversations taken by an agent today.", (), [((), today.answered)]),
        Figure("caredesk_answered_in_time_today", "Of these, within the service level.", (), [((), today.in_time)]),
    ]


def _unsent(session: Session, *, now: datetime) -> Figure:
    since = now - timedelta(days=1)
    dead = call_up_queries.count_dead(session, since=since) + broadcast_queries.count_dead(session, since=since)
    return Figure(
        "caredesk_call_up_dead", "Messages to families of the last day that nobody could send.", (), [((), dead)]
    )


def _unscanned(session: Session) -> Figure:
    about = "Pictures that are shown to nobody until the malware scanner has seen them."
    return Figure("caredesk_pictures_unscanned", about, (), [((), picture_queries.count_waiting(session))])


def _findings(session: Session, *, now: datetime) -> Figure:
    found = guardrail_queries.count_findings(session, since=now - timedelta(days=1))
    values = [(labels, float(count)) for labels, count in sorted(found.items())]
    about = "What guardrails found in messages of the last day, by what it was and what became of it."
    return Figure("caredesk_guardrail_findings", about, ("kind", "outcome"), values)


def _news(session: Session) -> Figure:
    found = news_queries.count_news(session)
    values = [((channel, "told" if told else "failed"), float(n)) for (channel, told), n in sorted(found.items())]
    about = "News of requests for doctors whose page was closed, by the way it went and whether it was taken."
    return Figure("caredesk_doctor_news", about, ("channel", "outcome"), values, only_grows=True)


def _faults(session: Session) -> Figure:
    found = queue_queries.count_faults(session)
    values = [((code,), float(found.get(code, 0))) for code in sorted({*FAULTS, *found})]
    about = "What the sweep has found that the events should have done."
    return Figure("caredesk_routing_faults", about, ("code",), values, only_grows=True)


def _retention(session: Session) -> Figure:
    gone = retention_queries.sums_of_runs(session)
    values = [((kind.id,), float(gone.get(kind.id, 0))) for kind in walked_classes()]
    about = "Records that were removed because their time was over."
    return Figure("caredesk_retention_removed", about, ("class",), values, only_grows=True)


def _telephony(session: Session, *, now: datetime) -> list[Figure]:
    calls = figure_queries.count_live_by_phase(session)
    commands = figure_queries.count_open_commands(session)
    engines = {one.name: (now - one.heard_at).total_seconds() for one in queries.list_engines(session)}
    return [
        Figure("caredesk_calls", "Calls that have not ended.", ("phase",), _by_label(calls)),
        Figure("caredesk_hotline_commands_open", "Commands not yet carried out.", ("engine",), _by_label(commands)),
        Figure("caredesk_hotline_silence_seconds", "Time since an engine was heard.", ("engine",), _by_label(engines)),
    ]


def _backups(session: Session, *, now: datetime) -> list[Figure]:
    found = backups.backup_figures(session, now=now)
    told = {
        "caredesk_backup_age_seconds": ("Age of the newest backup.", found.age),
        "caredesk_backup_verified_age_seconds": (
            "Age of the newest backup that was read to its end.",
            found.verified_age,
        ),
        "caredesk_backup_bytes": ("Size of the newest backup.", found.size),
        "caredesk_backup_took_seconds": ("How long the newest backup took.", found.took),
        "caredesk_backup_failures": ("Attempts that failed since the last backup.", found.failures),
        "caredesk_drill_age_seconds": ("Time since the last restore drill.", found.drill_age),
        "caredesk_drill_passed": ("1 when the last restore drill has passed.", found.drill_passed),
        "caredesk_drill_recovery_time_seconds": (
            "How long the last drill took until the desk was whole.",
            found.recovery_time,
        ),
        "caredesk_drill_recovery_point_seconds": ("How old the backup of the last drill was.", found.recovery_point),
    }
    # What never was has no value, so that a rule on it can tell it from one that is fresh.
    return [Figure(name, about, (), [((), float(v))] if v is not None else []) for name, (about, v) in told.items()]


def _by_label(found: Mapping[str, float]) -> list[tuple[tuple[str, ...], float]]:
    return [((label,), float(value)) for label, value in sorted(found.items())]
