"""The unit of work that every action receives: a session, the time, who asks, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from caredesk.core.deed import Deed
from caredesk.core.doing import note
from caredesk.core.event import Event, Sequenced
from caredesk.core.outbox import NewJob, put_jobs, store_events


@dataclass(frozen=True)
class Actor:
    """Who asks. `roles` is empty for visitors and for the desk itself."""

    kind: Literal["visitor", "staff", "system"]
    id: str
    name: str = ""
    roles: frozenset[str] = frozenset()


SYSTEM = Actor(kind="system", id="system")


@dataclass
class Work:
    """One transaction in the hands of an action.

    An action reads and writes through `session`, says what has happened with `emit` and what must be done next
    with `enqueue`. It never commits: the edge does, then pushes the events. Nothing emitted is seen by anyone
    when the transaction fails.
    """

    session: Session
    now: datetime
    actor: Actor
    events: list[Event] = field(default_factory=list)
    has_jobs: bool = False
    rings: set[str] = field(default_factory=set)
    """Whom to wake after the commit, by the name of the bell they wait at."""
    deeds: list[Deed] = field(default_factory=list)
    """What goes into the audit with this transaction, besides the events that are stored."""

    def emit(self, event: Event) -> None:
        """Record that something has happened; pushed after the commit."""
        self.events.append(event)
        if self.actor.kind != "system" and isinstance(event, Sequenced):
            note(conversation_id=event.conversation_id)

    def attest(self, deed: Deed) -> None:
        """Have the audit say that this was done or looked at, when this transaction stands and only then."""
        self.deeds.append(deed)

    def enqueue(
        self,
        name: str,
        payload: dict[str, Any],
        *,
        due_at: datetime | None = None,
        key: str | None = None,
        not_later: bool = False,
    ) -> None:
        """Record a job of this transaction. A job with the same `key` that has not run yet is replaced.

        With `not_later` the replaced job's time stays when it is the earlier one: what is asked for again and again
        must not be put off for ever.
        """
        self.enqueue_all([NewJob(name=name, payload=payload, due_at=due_at or self.now, key=key, not_later=not_later)])

    def enqueue_all(self, jobs: Sequence[NewJob]) -> None:
        """Record several jobs at the price of one; no two of them may have the same key."""
        put_jobs(self.session, jobs=jobs, now=self.now)
        # Whoever runs jobs looks for later ones by himself; waking him for them would cost every message a look.
        self.has_jobs = self.has_jobs or any(job.due_at <= self.now for job in jobs)

    def store(self) -> None:
        """Write what waits in the session and the sequenced events; the edge calls it once, right before the commit."""
        self.session.flush()
        store_events(self.session, (e for e in self.events if isinstance(e, Sequenced)), at=self.now)
