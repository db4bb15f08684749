"""Staffing's figures: contacts and agents needed per quarter, by queue and together, against who is rostered.

Everything follows the schedule as it is published now: a session that is cancelled lowers the need with its next look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Pool
from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.rules import Permission, permissions_of
from caredesk.actions.clinic import open_time
from caredesk.actions.staffing_assumptions import assumptions_in_use, assumptions_version
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.hours import Span
from caredesk.clinic.queries import SessionLine
from caredesk.conversations.contact_queries import Contact, contact_range, list_contacts
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.staffing import queries
from caredesk.staffing.assumptions import Assumptions, Profile
from caredesk.staffing.forecast import Learned, SessionLoad, forecast, learn, visits_of, wape
from caredesk.staffing.grid import QUARTER, Grid, Numbers, Stretch
from caredesk.staffing.need import Service, agents_for, measured_handling, measured_patience, pooled, service_of
from caredesk.staffing.rules import Coverage, RosterAgent, coverage_of

HISTORY = timedelta(days=56)
"""Eight weeks: enough for hours and doctors, short enough to follow a change of habits."""

EDGE = timedelta(hours=6)
"""Sessions around a stretch send contacts into it."""

LONGEST_HANDLING = timedelta(hours=2)
"""A chat that was open longer was forgotten, not handled."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter of an hour: agents needed, agents at work, and how many are missing of any queue or of all."""

    starts_at: datetime
    need: int
    rostered: int
    missing: int = 0


@dataclass(frozen=True)
class QueueNeed:
    """A queue's forecast and need on a grid."""

    queue: Queue
    contacts: Numbers
    is_open: Numbers
    service: Service
    need: np.ndarray
    learned: Learned


@dataclass(frozen=True)
class Need:
    """All queues on one grid, and the pool of them."""

    grid: Grid
    queues: tuple[QueueNeed, ...]
    pool: np.ndarray

    @property
    def by_queue(self) -> dict[str, np.ndarray]:
        """Return the need of each queue by its id."""
        return {one.queue.id: one.need for one in self.queues}


@dataclass(frozen=True, slots=True)
class ForecastError:
    """How far the forecast of held-out weeks was off (WAPE, by quarter and by day), beside the naive "as last week"."""

    queue_id: str
    weeks: int
    contacts: int
    wape_quarter: float
    naive_quarter: float
    wape_day: float
    naive_day: float


@dataclass(frozen=True, slots=True)
class _Measured:
    learned: Mapping[str, Learned]
    service: Mapping[str, Service]


_MEASURED: WeakKeyDictionary[Pool, tuple[object, _Measured]] = WeakKeyDictionary()


# ---- need and coverage -----------------------------------------------------------------------------------


def coverage(session: Session, *, since: datetime, until: datetime) -> list[Quarter]:
    """Return need and roster of each quarter of a stretch, from the quarter that `since` lies in."""
    grid = grid_between(since, until)
    found = coverage_on(session, need_on(session, grid=grid))
    missing = found.missing
    return [
        Quarter(at, int(found.need[n]), int(found.rostered[n]), int(missing[n])) for n, at in enumerate(grid.instants())
    ]


def need_on(session: Session, *, grid: Grid) -> Need:
    """Forecast contacts and reckon the agents needed on a grid, for every queue and for all together."""
    measured = _measured(session)
    found = _needs(session, grid=grid, measured=measured, assumptions=assumptions_in_use(session))
    if not found:
        return Need(grid, (), np.zeros(grid.count, dtype=np.int64))
    total, service = pooled([one.contacts for one in found], [one.service for one in found])
    is_open = np.max([one.is_open for one in found], axis=0)
    return Need(grid, tuple(found), agents_for(total, is_open=is_open, service=service))


def coverage_on(session: Session, need: Need) -> Coverage:
    """Set a need against the roster."""
    grid = need.grid
    shifts = queries.list_shifts(session, since=grid.starts_at, until=grid.ends_at)
    return coverage_of(shifts, agents=roster_agents(session), need=need.pool, queue_need=need.by_queue, grid=grid)


def roster_agents(session: Session) -> dict[str, RosterAgent]:
    """Return who can be rostered: active accounts that may take conversations and serve a queue."""
    skills = queue_queries.queue_ids_of_all(session)
    return {
        staff.id: RosterAgent(staff.id, staff.name, frozenset(skills[staff.id]), staff.login, staff.name_en)
        for staff in account_queries.list_staff(session)
        if staff.active and staff.id in skills and Permission.WORK in permissions_of(staff.roles)
    }


def grid_between(since: datetime, until: datetime) -> Grid:
    """Return the quarters that a stretch touches."""
    local = clinic_time(since)
    begins = since - timedelta(minutes=local.minute % 15, seconds=local.second, microseconds=local.microsecond)
    return Grid(begins, max(0, -((begins - until) // QUARTER)))


def _needs(session: Session, *, grid: Grid, measured: _Measured, assumptions: Assumptions) -> list[QueueNeed]:
    lines = clinic_queries.list_sessions(session, since=grid.starts_at - EDGE, until=grid.ends_at + EDGE)
    found = []
    for queue in queue_queries.list_queues(session):
        sessions, is_open = _scene(session, queue, grid=grid, lines=lines, assumptions=assumptions)
        learned = measured.learned.get(queue.id) or Learned(_assumed(session, queue, assumptions))
        service = measured.service.get(queue.id) or service_of(
            assumptions, within_seconds=float(queue.service_level_seconds)
        )
        contacts = forecast(sessions, grid=grid, is_open=is_open, learned=learned, assumptions=assumptions)
        need = agents_for(contacts, is_open=is_open, service=service)
        found.append(QueueNeed(queue, contacts, is_open, service, need, learned))
    return found


def _scene(
    session: Session, queue: Queue, *, grid: Grid, lines: Sequence[SessionLine], assumptions: Assumptions
) -> tuple[list[SessionLoad], Numbers]:
    """Return the sessions whose visits turn to a queue, and how much of each quarter it is open.

    A queue of its own hours follows no department; bookings and parcels come from the whole clinic.
    """
    departments = set(queue_queries.department_ids_of(session, queue_id=queue.id))
    followed = [line for line in lines if not departments or line.department.id in departments]
    spans = open_time(session, queue, limits=Span(grid.starts_at, grid.ends_at))
    is_open = grid.covered(Stretch(span.start, span.end) for span in spans)
    return [_load(line, assumptions) for line in followed if line.session.status != "cancelled"], is_open


def _load(line: SessionLine, assumptions: Assumptions) -> SessionLoad:
    row = line.session
    visits = visits_of(slots=row.slots, starts_at=row.starts_at, ends_at=row.ends_at, assumptions=assumptions)
    return SessionLoad(row.starts_at, row.ends_at, visits, row.doctor_id or "")


# ---- learning --------------------------------------------------------------------------------------------


def forecast_errors(session: Session, *, weeks: int = 2) -> list[ForecastError]:
    """Hold the last weeks out one by one, forecast each from what came before, and compare with "as last week"."""
    ranges = contact_range(session)
    if ranges is None:
        return []
    end = _midnight_before(ranges[1])
    found: dict[str, list[tuple[Numbers, Numbers, Numbers]]] = {}
    for back in range(weeks, 0, -1):
        week = Grid(end - timedelta(days=7 * back), 7 * 96)
        if week.starts_at - ranges[0] < timedelta(days=7):
            continue
        learned = _measure(session, first=ranges[0], end=week.starts_at)
        told = _needs(session, grid=week, measured=learned, assumptions=assumptions_in_use(session))
        past = Grid(week.starts_at - timedelta(days=7), 7 * 96)
        contacts = list_contacts(session, since=past.starts_at, until=week.ends_at)
        for one in told:
            came = [contact.arrived_at for contact in contacts if contact.queue_id == one.queue.id]
            found.setdefault(one.queue.id, []).append((week.counts(came), one.contacts, past.counts(came)))
    return [_error(queue_id, triples) for queue_id, triples in found.items()]


def _error(queue_id: str, triples: Sequence[tuple[Numbers, Numbers, Numbers]]) -> ForecastError:
    actual, expected, naive = (np.concatenate(parts) for parts in zip(*triples, strict=True))
    daily = [numbers.reshape(-1, 96).sum(axis=1) for numbers in (actual, expected, naive)]
    return ForecastError(
        queue_id,
        weeks=len(triples),
        contacts=int(actual.sum()),
        wape_quarter=wape(actual, expected),
        naive_quarter=wape(actual, naive),
        wape_day=wape(daily[0], daily[1]),
        naive_day=wape(daily[0], daily[2]),
    )


def _measured(session: Session) -> _Measured:
    """Return what history says up to the midnight before the last contact: learned once a day, or when asked anew."""
    ranges = contact_range(session)
    if ranges is None:
        return _Measured({}, {})
    end = _midnight_before(ranges[1])
    pool = session.get_bind().engine.pool
    known = _MEASURED.get(pool)
    asked = (ranges[0], end, assumptions_version(session))
    if known is None or known[0] != asked:
        known = (asked, _measure(session, first=ranges[0], end=end))
        _MEASURED[pool] = known
    return known[1]


def _measure(session: Session, *, first: datetime, end: datetime) -> _Measured:
    begins = max(_midnight_before(first), end - HISTORY)
    grid = Grid(begins, max(0, (end - begins) // QUARTER))
    if grid.count == 0:
        return _Measured({}, {})
    assumptions = assumptions_in_use(session)
    contacts = list_contacts(session, since=grid.starts_at, until=grid.ends_at)
    lines = clinic_queries.list_sessions(session, since=grid.starts_at - EDGE, until=grid.ends_at + EDGE)
    learned, services = {}, {}
    for queue in queue_queries.list_queues(session):
        mine = [contact for contact in contacts if contact.queue_id == queue.id]
        sessions, is_open = _scene(session, queue, grid=grid, lines=lines, assumptions=assumptions)
        learned[queue.id] = learn(
            grid.counts(contact.arrived_at for contact in mine),
            sessions=sessions,
            grid=grid,
            is_open=is_open,
            assumed=_assumed(session, queue, assumptions),
            assumptions=assumptions,
        )
        services[queue.id] = _service(queue, mine, assumptions)
    return _Measured(learned, services)


def _service(queue: Queue, contacts: Sequence[Contact], assumptions: Assumptions) -> Service:
    """Measure patience from waits, those answered as censored, and handling times from closed contacts."""
    assumed = service_of(assumptions, within_seconds=float(queue.service_level_seconds))
    ended = [(c, c.assigned_at or c.closed_at) for c in contacts if not c.promised]
    waits = [(end - c.arrived_at).total_seconds() for c, end in ended if end is not None]
    given_up = sum(c.assigned_at is None and c.closed_at is not None for c, _ in ended)
    handled = [c.closed_at - c.assigned_at for c in contacts if c.closed_at and c.assigned_at]
    taken = [one.total_seconds() for one in handled if timedelta() < one < LONGEST_HANDLING]
    # Whole seconds, so that equal loads are reckoned once.
    return replace(
        assumed,
        patience_seconds=round(
            measured_patience(
                waited_seconds=sum(waits),
                abandoned=given_up,
                assumed=assumed.patience_seconds,
                weight=assumptions.learning.patience_abandoned,
            )
        ),
        handling_seconds=round(
            measured_handling(
                handled_seconds=sum(taken),
                contacts=len(taken),
                assumed=assumed.handling_seconds,
                weight=assumptions.learning.handling_contacts,
            )
        ),
    )


def _assumed(session: Session, queue: Queue, assumptions: Assumptions) -> Profile:
    follows = bool(queue_queries.department_ids_of(session, queue_id=queue.id))
    return assumptions.profile_for(kind=queue.kind, follows_clinic=follows)


def _midnight_before(at: datetime) -> datetime:
    return from_clinic(datetime.combine(clinic_time(at).date(), time()))
