"""From a wish to a plan: the desk's queues, hours, agents, policy and recorded traffic as values to be played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts.rules import Permission, permissions_of
from caredesk.actions import clinic
from caredesk.clinic import schedule_queries
from caredesk.clinic.history import rule_of
from caredesk.clinic.hours import Span, merge, subtract
from caredesk.core.clock import clinic_time
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.policy import Policy, parse_policy
from caredesk.sandbox import queries
from caredesk.sandbox.errors import NobodyWorks, PeriodInvalid, TrafficEmpty
from caredesk.sandbox.files import RosterFile, Scenario, agents_of, check_queues, midnight, parse_scenario
from caredesk.sandbox.report import Plan, Variant
from caredesk.sandbox.schemas import RunRequest
from caredesk.sandbox.values import MOST_DAYS, Agent, Habits, SimQueue
from caredesk.staffing import queries as staffing_queries

RECENT_DAYS = 7
TODAY, NEW = "today", "new"


@dataclass(frozen=True)
class Extras:
    """What the command line may bring besides: a roster of its own, and whether today's policy is played as well."""

    roster: RosterFile | None = None
    against_today: bool = True


def plan_of(session: Session, wanted: RunRequest, *, now: datetime, extras: Extras | None = None) -> Plan:
    """Return the plan of a run; whatever is wrong with the wish is said here, before anything is played."""
    extras = extras or Extras()
    keys = [queue.key for queue in queue_queries.list_queues(session)]
    scenario = _scenario(wanted, known=keys)
    period = scenario.span if scenario else _period(wanted, now=now)
    queues = _queues(session, period=period, moment=min(now, period.end), scenario=scenario)
    recorded = () if scenario else tuple(queries.list_recorded(session, since=period.start, until=period.end, now=now))
    if scenario is None and not recorded:
        raise TrafficEmpty(first=_day(period.start), last=_day(period.end - timedelta(seconds=1)))
    agents = _agents(session, period=period, scenario=scenario, roster=extras.roster, keys=[q.key for q in queues])
    return Plan(
        since=period.start,
        until=period.end,
        queues=queues,
        variants=_variants(session, wanted, agents=agents, keys=[q.key for q in queues], extras=extras),
        replications=wanted.replications,
        seed=wanted.seed,
        recorded=recorded,
        scenario=scenario,
        windows={queue.key: queue.windows for queue in queues},
        habits=scenario.habits if scenario else Habits(),
        warm_up_seconds=scenario.warm_up_minutes * 60 if scenario else 0.0,
    )


def _scenario(wanted: RunRequest, *, known: Sequence[str]) -> Scenario | None:
    """Read the scenario; a queue that it opens itself need not be the desk's."""
    if wanted.scenario is None:
        return None
    scenario = parse_scenario(wanted.scenario)
    own = [key for key, traffic in scenario.queues.items() if traffic.fixed_hours is not None]
    return parse_scenario(wanted.scenario, queues=[*known, *own])


def _period(wanted: RunRequest, *, now: datetime) -> Span:
    today = clinic_time(now).date()
    last = wanted.last or today
    first = wanted.first or last - timedelta(days=RECENT_DAYS - 1)
    if not first <= last or (last - first).days >= MOST_DAYS:
        raise PeriodInvalid(first=str(first), last=str(last), most_days=MOST_DAYS)
    return Span(midnight(first), midnight(last + timedelta(days=1)))


def _day(at: datetime) -> str:
    return str(clinic_time(at).date())


# ---- queues ----------------------------------------------------------------------------------------------


def _queues(session: Session, *, period: Span, moment: datetime, scenario: Scenario | None) -> tuple[SimQueue, ...]:
    """Return the desk's queues with their hours as they were valid in the period, and those that a scenario adds."""
    found = {}
    for queue in queue_queries.list_queues(session):
        hours = clinic.hours_as_of(session, queue, moment=moment)
        windows = schedule_queries.windows_as_of(
            session,
            department_ids=hours.department_ids,
            since=period.start - timedelta(minutes=hours.rule.lead_out_minutes),
            until=period.end + timedelta(minutes=hours.rule.lead_in_minutes),
            moment=moment,
        )
        found[queue.key] = SimQueue(queue.key, queue.name, hours.rule, tuple(windows), float(queue.offer_seconds))
    for key, traffic in scenario.queues.items() if scenario else ():
        known = found.get(key, SimQueue(key, key))
        if traffic.fixed_hours is not None:
            rule = rule_of(lead_in_minutes=0, lead_out_minutes=0, fixed_hours=traffic.fixed_hours)
            known = replace(known, rule=rule)
        found[key] = replace(known, offer_seconds=traffic.offer_seconds or known.offer_seconds)
    return tuple(found.values())


# ---- agents ----------------------------------------------------------------------------------------------


def _agents(
    session: Session, *, period: Span, scenario: Scenario | None, roster: RosterFile | None, keys: Sequence[str]
) -> tuple[Agent, ...]:
    if roster is not None:
        check_queues(roster, queues=keys)
    written = roster.agents if roster else scenario.agents if scenario else ()
    if written:
        days = round((period.end - period.start) / timedelta(days=1))
        agents = agents_of(written, first=clinic_time(period.start).date(), days=days)
    else:
        agents = desk_agents(session, period=period, keys=keys)
    if not any(span.start < period.end and span.end > period.start for agent in agents for span in agent.present):
        raise NobodyWorks
    return agents


def desk_agents(session: Session, *, period: Span, keys: Sequence[str]) -> tuple[Agent, ...]:
    """Return the desk's agents by the roster's shifts less breaks; without any shift in the period all are there."""
    levels = queue_queries.levels_for(session, queue_keys=list(keys))
    seats = [
        seat
        for seat in presence_queries.list_seats(session, staff_ids=levels)
        if Permission.WORK in permissions_of(seat.roles)
    ]
    shifts = staffing_queries.list_shifts(session, since=period.start, until=period.end)
    there: dict[str, list[Span]] = {}
    for shift in shifts:
        breaks = [Span(one.starts_at, one.ends_at) for one in shift.breaks]
        there.setdefault(shift.staff_id, []).extend(subtract([Span(shift.starts_at, shift.ends_at)], merge(breaks)))
    return tuple(
        Agent(
            id=seat.staff_id,
            name=seat.name,
            levels=levels[seat.staff_id],
            present=tuple(merge(there.get(seat.staff_id, []))) if shifts else (period,),
            capacity=seat.capacity,
            languages=("zh", *_spoken(levels[seat.staff_id])),
        )
        for seat in seats
    )


def _spoken(levels: dict[str, int]) -> list[str]:
    return sorted(key.removeprefix("lang:") for key in levels if key.startswith("lang:"))


def with_change(agents: Sequence[Agent], *, change: int) -> tuple[Agent, ...]:
    """Return the roster with so many agents more or fewer.

    Who is added works like those who are there longest, in turn; who is taken away is there longest as well, so that
    one agent more or fewer is worth about one agent.
    """
    ranked = sorted(agents, key=lambda agent: (-_seconds(agent), agent.id))
    if change < 0:
        gone = {agent.id for agent in ranked[:-change]}
        return tuple(agent for agent in agents if agent.id not in gone)
    there = [agent for agent in ranked if agent.present] or ranked
    more = [replace(there[n % len(there)], id=f"more-{n + 1:02d}", name=f"+{n + 1}") for n in range(change)]
    return (*agents, *more)


def _seconds(agent: Agent) -> float:
    return sum((span.end - span.start).total_seconds() for span in agent.present)


# ---- variants --------------------------------------------------------------------------------------------


def _variants(
    session: Session, wanted: RunRequest, *, agents: tuple[Agent, ...], keys: Sequence[str], extras: Extras
) -> tuple[Variant, ...]:
    active = policy_queries.active_policy(session)
    today = Variant(TODAY, active, agents)
    if wanted.policy is None and wanted.policy_version is None and not wanted.roster_change:
        return (today,)
    changed = with_change(agents, change=wanted.roster_change)
    if not changed:
        raise NobodyWorks
    new = Variant(NEW, _policy(session, wanted, active=active, keys=keys), changed)
    return (new, today) if extras.against_today else (new,)


def _policy(session: Session, wanted: RunRequest, *, active: Policy, keys: Sequence[str]) -> Policy:
    if wanted.policy is not None:
        return parse_policy(wanted.policy, queues=keys)
    if wanted.policy_version is not None:
        return policy_queries.get_policy(session, version=wanted.policy_version)
    return active
