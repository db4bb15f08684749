"""How each thing that a running desk depends on is looked at: without waiting for it, and from memory where it is away.

Readiness (`caredesk/infra/probes.py`) asks whether people should be sent here at all; this asks what is to be told to
those who are here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy import text
from sqlalchemy.orm import Session

from caredesk.accounts import node_queries
from caredesk.actions import bot
from caredesk.actions.call_engines import DOWN_AFTER, FORGOTTEN_AFTER
from caredesk.continuity.rules import UNKNOWN, ClockTrust, after_tick, clock_problem
from caredesk.core.clock import SystemClock
from caredesk.core.work import SYSTEM
from caredesk.edge.condition import DATABASE
from caredesk.edge.probes import TOO_SLOW, Probe
from caredesk.edge.services import Services
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.transactions import read, write
from caredesk.infra.probes import disk_problem, redis_look
from caredesk.telephony import queries as telephony

PATIENCE_SECONDS = 10.0
"""Longer than a database needs on the slowest machine: a desk that is merely slow must refuse nothing."""

LOADING_PATIENCE = 180.0
"""Seconds after a start in which nobody is told that the bot is still being loaded."""

BOT = "bot"
A_QUESTION = "zenme tuihao"


def looks_of(services: Services) -> list[Probe]:
    """Return a look at everything that this desk depends on; what it does without is not looked at."""
    settings = services.settings
    looks: dict[str, Callable[[], str]] = {
        DATABASE: lambda: database_look(services),
        "disk": lambda: disk_problem(settings.data_dir),
        BOT: BotLook(services),
        "hotline": lambda: hotline_look(services),
        "clock": ClockLook(services, wall=SystemClock().now, counter=monotonic),
    }
    if settings.redis_url:
        looks["redis"] = redis_look(settings.redis_url)
    return [Probe(name, needed=False, look=look) for name, look in looks.items()]


def told_problem(services: Services, *, name: str, seen: str) -> str:
    """Return as what a look's outcome counts: whoever does not answer in time is away, or holds its lock."""
    if seen != TOO_SLOW or name == "redis":
        return seen
    if name != DATABASE:
        return UNKNOWN
    return "locked" if services.condition.doubt_of(DATABASE) == "locked" else "away"


def database_look(services: Services) -> str:
    """Return what is wrong with the database: it is read at each look, and written only where that is in doubt."""
    condition = services.condition
    try:
        with read(services, anyway=True) as session:
            if session.get_bind().dialect.name == "postgresql":
                if session.scalar(text("show transaction_read_only")) == "on":
                    return "read_only"
            else:
                session.execute(text("select 1 from server_node limit 1"))
        if condition.doubt_of(DATABASE) or condition.problem_of(DATABASE):
            with write(services, actor=SYSTEM, anyway=True) as work:
                node_queries.beat(work.session, node=services.settings.node)
    except StoreUnavailable as refusal:
        return refusal.problem
    condition.trust(DATABASE)
    return ""


class BotLook:
    """Sees whether the bot answers: when it met a fault it is asked something that it should be able to read."""

    def __init__(self, services: Services, *, counter: Callable[[], float] = monotonic) -> None:
        self._services = services
        self._counter = counter
        self._since = counter()

    def __call__(self) -> str:
        """Return `loading` when that takes long, `failing` while the bot cannot think."""
        services = self._services
        if not services.bot.is_loaded:
            return "loading" if self._counter() - self._since > LOADING_PATIENCE else ""
        if services.condition.doubt_of(BOT) or services.condition.problem_of(BOT):
            try:
                bot.think(services.bot.current(), question=bot.Question(A_QUESTION, "zh", None))
            except Exception:  # whatever it throws, it does not think
                return "failing"
            services.condition.trust(BOT)
        return ""


def hotline_look(services: Services) -> str:
    """Return `silent` when an engine that was heard lately is not any more, `trunk` when one has lost its carrier."""
    now = services.clock.now()
    try:
        with read(services) as session:
            engines = [one for one in telephony.list_engines(session) if now - one.heard_at < FORGOTTEN_AFTER]
    except StoreUnavailable:
        return UNKNOWN
    if any(now - one.heard_at > DOWN_AFTER for one in engines):
        return "silent"
    return "trunk" if any(one.troubles for one in engines) else ""


class ClockLook:
    """Sees whether the machine's clock was set by a jump, or differs from the database's."""

    def __init__(
        self, services: Services, *, wall: Callable[[], datetime], counter: Callable[[], float] = monotonic
    ) -> None:
        self._services = services
        self._wall = wall
        self._counter = counter
        self._trust: ClockTrust | None = None

    def __call__(self) -> str:
        """Return `jumped`, `differs` or nothing."""
        counted = timedelta(seconds=self._counter())
        self._trust = after_tick(self._trust, wall=self._wall(), counted=counted, epoch=datetime.fromtimestamp(0, UTC))
        return clock_problem(self._trust, differs_by=self._differs_by())

    def _differs_by(self) -> timedelta | None:
        """Return how far the database's machine is ahead; None where the database has no clock of its own."""
        try:
            with read(self._services) as session:
                return self._wall_of_database(session)
        except StoreUnavailable:
            return None

    def _wall_of_database(self, session: Session) -> timedelta | None:
        if session.get_bind().dialect.name != "postgresql":
            return None
        before = self._wall()
        told: datetime | None = session.scalar(text("select clock_timestamp()"))
        # Half of what the question took: a slow answer is no wrong clock.
        return None if told is None else told - (before + (self._wall() - before) / 2)
