"""Runs due jobs in threads of this process. Jobs are rows: a crash leaves them due, and the next start runs them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, perf_counter
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from caredesk.core.db import table_of
from caredesk.core.doing import doing
from caredesk.core.outbox import JobRow
from caredesk.core.work import SYSTEM
from caredesk.edge.job_kinds import JobKind, NotYet
from caredesk.edge.services import Services
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.transactions import read, write

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
NOT_YET_PAUSE = timedelta(milliseconds=400)
LEFT_PAUSE = timedelta(seconds=5)
LEFT_FOR = timedelta(days=1)
"""So long after it was made a job of a kind that nobody here knows is left to others: an upgrade is over by then."""

MOST_TOGETHER = 32
"""Jobs in one transaction, so that what they write is locked shortly."""

LONGEST_NAP = 0.5
"""Seconds between looks when nobody wakes the runner: the finest grain of a shifted clock."""


@dataclass(frozen=True)
class Reserved:
    """A due job as it stood when it was picked, for one thread of this process."""

    id: str
    name: str
    payload: dict[str, Any]
    due_at: datetime
    attempts: int
    created_at: datetime


# Made once, and of plain columns: it is asked after every commit that leaves work, and twice a second besides.
_JOB = table_of(JobRow).c
_PICKED = (
    select(_JOB.id, _JOB.name, _JOB.payload, _JOB.due_at, _JOB.attempts, _JOB.created_at)
    .where(_JOB.dead.is_(False), _JOB.due_at <= bindparam("now"))
    .where(_JOB.id.not_in(bindparam("busy", expanding=True)))
    .order_by(_JOB.due_at, _JOB.id)
    .limit(1)
)
# Who runs one of those that go together takes the others too.
_DUE = _PICKED.where(_JOB.name.not_in(bindparam("theirs", expanding=True)))
_THIS_IF_DUE = _PICKED.where(_JOB.id == bindparam("wanted"))

_CLAIM = (
    delete(table_of(JobRow))
    .where(_JOB.id == bindparam("which"), _JOB.due_at == bindparam("due"))
    .returning(_JOB.payload)
)
_ALIKE = (
    select(_JOB.id)
    .where(_JOB.dead.is_(False), _JOB.due_at <= bindparam("now"))
    .where(_JOB.name == bindparam("name"), _JOB.attempts == 0)
    .order_by(_JOB.due_at, _JOB.id)
    .limit(MOST_TOGETHER - 1)
    # Who holds one is about to put it off, and may wait for another of them: so nobody is waited for.
    .with_for_update(skip_locked=True, key_share=True)
)
_CLAIM_ALIKE = (
    delete(table_of(JobRow)).where(_JOB.id.in_(_ALIKE.scalar_subquery())).returning(_JOB.due_at, _JOB.id, _JOB.payload)
)


class Runner:
    """Threads that claim one due job after another; `wake` cuts the nap short."""

    def __init__(self, services: Services, *, kinds: Mapping[str, JobKind]) -> None:
        self._services = services
        self._kinds = kinds
        self._bell = threading.Condition()
        self._rung = 0
        self._looked = 0.0
        self._stopping = False
        self._busy: dict[str, str] = {}
        """Jobs that threads of this process have in hand, with the name of each."""
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for number in range(self._services.settings.job_threads):
            thread = threading.Thread(target=self._loop, name=f"jobs-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Let running jobs finish, then end the threads."""
        with self._bell:
            self._stopping = True
            self._bell.notify_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def wake(self) -> None:
        with self._bell:
            self._rung += 1
            self._bell.notify()

    def run_due(self) -> int:
        """Run what is due now in the calling thread and return how many ran; tests and CLI commands use it."""
        done = 0
        while self._run_next():
            done += 1
        return done

    def run_one(self, job_id: str) -> bool:
        """Run one job in the calling thread if it is still due; for whoever is told by others what is."""
        return self._run_next(job_id)

    def _loop(self) -> None:
        while not self._stopping:
            heard = self._rung
            try:
                ran = self._run_next()
            except StoreUnavailable:
                # Told once by whoever watches it; here half a second of rest is all that can be done.
                ran = False
            except Exception:
                # The thread must outlive whatever comes.
                log.exception("job_loop_failed")
                ran = False
            if not ran:
                self._nap(heard)

    def _nap(self, heard: int) -> None:
        """Return when somebody rings, or when nobody has looked for a while: who wakes first looks for all threads."""
        with self._bell:
            while self._rung == heard and not self._stopping:
                left = self._looked + LONGEST_NAP - monotonic()
                if left <= 0:
                    self._looked = monotonic()
                    return
                self._bell.wait(left)

    def _run_next(self, job_id: str | None = None) -> bool:
        job = self._reserve(job_id)
        if job is None:
            return False
        late = (self._services.clock.now() - job.due_at).total_seconds()
        try:
            span = self._services.traces.span(f"job {job.name}", kind="consumer", attributes={"caredesk.job": job.name})
            with doing("job", job.name, conversation_id=job.payload.get("conversation_id")), span as told:
                started = perf_counter()
                outcome = self._attempt(job)
                told.note("caredesk.outcome", outcome)
                self._services.meters.ran(job.name, outcome=outcome, seconds=perf_counter() - started, late=late)
        finally:
            with self._bell:
                self._busy.pop(job.id, None)
        return True

    def _attempt(self, job: Reserved) -> str:
        """Run a job and see to what follows from its fault; return how it ended, as the meters count it."""
        if self._is_for_others(job):
            self._leave(job)
            return "left"
        try:
            self._run(job)
        except NotYet:
            self._postpone(job)
            return "postponed"
        except StoreUnavailable:
            # No fault of the job: it stays due, and none of its tries is used up.
            return "store_away"
        except Exception as fault:
            log.exception("job_failed", extra={"job": job.name, "job_id": job.id, "attempts": job.attempts + 1})
            self._put_off(job, fault=fault)
            return "failed" if job.attempts + 1 < MAX_ATTEMPTS else "dead"
        return "done"

    def _is_for_others(self, job: Reserved) -> bool:
        """Tell whether a job is of a kind that only a newer release knows, whose processes work beside this one."""
        return job.name not in self._kinds and self._services.clock.now() - job.created_at < LEFT_FOR

    def _leave(self, job: Reserved) -> None:
        """Put a job back for others; none of its tries is used up."""
        log.warning("job_left_to_others", extra={"job": job.name, "job_id": job.id})
        self._postpone(job, by=LEFT_PAUSE)

    def _reserve(self, job_id: str | None) -> Reserved | None:
        """Pick a due job, or a certain one, that no thread of this process has.

        Other processes are kept out by the row's deletion.
        """
        with self._bell:
            asked = {"now": self._services.clock.now(), "busy": list(self._busy)}
            with read(self._services) as session:
                if job_id is None:
                    found = session.execute(_DUE, {**asked, "theirs": self._together_in_hand()}).first()
                else:
                    found = session.execute(_THIS_IF_DUE, {**asked, "wanted": job_id}).first()
            if found is None:
                self._looked = monotonic()
                return None
            # Where one was there may be more, for whoever wakes next.
            self._looked = 0.0
            job = Reserved(*found)
            self._busy[job.id] = job.name
            return job

    def _together_in_hand(self) -> list[str]:
        return [name for name in self._busy.values() if name in self._kinds and self._kinds[name].together]

    def _run(self, job: Reserved) -> None:
        kind = self._kinds[job.name]
        prepared: Any = kind.prepare(self._services, job.payload) if kind.prepare else None
        try:
            self._commit(job, kind=kind, prepared=prepared, together=kind.together)
        except StoreUnavailable:
            raise
        except Exception:
            if not kind.together:
                raise
            # Another of them may be at fault, and is found out when its own turn comes.
            self._commit(job, kind=kind, prepared=prepared, together=False)

    def _commit(self, job: Reserved, *, kind: JobKind, prepared: Any, together: bool) -> None:  # noqa: ANN401
        """Run a job in a transaction, if it is still due, `together` with others of its kind that are."""
        with write(self._services, actor=SYSTEM) as work:
            # None when it is gone or moved: another process did it, or it was replaced with a later time.
            claimed = list(work.session.scalars(_CLAIM, {"which": job.id, "due": job.due_at}))
            if claimed and together:
                # A store gives back what it deletes in any order; they run in the order they would run in alone.
                alike = work.session.execute(_CLAIM_ALIKE, {"name": job.name, "now": work.now}).all()
                claimed += [row.payload for row in sorted(alike, key=lambda row: (row.due_at, row.id))]
            for payload in claimed:
                kind.run(work, payload, prepared)
        self._services.meters.ran_along(job.name, jobs=max(0, len(claimed) - 1))

    def _postpone(self, job: Reserved, *, by: timedelta = NOT_YET_PAUSE) -> None:
        with write(self._services, actor=SYSTEM) as work:
            still = update(JobRow).where(JobRow.id == job.id, JobRow.due_at == job.due_at)
            work.session.execute(still.values(due_at=work.now + by))

    def _put_off(self, job: Reserved, *, fault: Exception) -> None:
        attempts = job.attempts + 1
        with write(self._services, actor=SYSTEM) as work:
            work.session.execute(
                update(JobRow)
                .where(JobRow.id == job.id)
                .values(
                    attempts=attempts,
                    dead=attempts >= MAX_ATTEMPTS,
                    due_at=work.now + timedelta(seconds=2**attempts),
                    last_error=type(fault).__name__,
                )
            )
