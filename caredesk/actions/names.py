"""The names that stand beside conversations, each looked up once for all the views of a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.patients import queries as patient_queries
from caredesk.queue import queries as queue_queries

Name = TypeVar("Name")


class Names:
    """Names by id. What has been asked once is remembered, also that somebody has none; made anew for each session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._staff: dict[str, str | None] = {}
        self._queues: dict[str, tuple[str, str] | None] = {}
        self._guardians: dict[str, str | None] = {}

    def know_staff(self, staff_id: str, *, name: str) -> None:
        """Take somebody's name from who has it already, as it stands in this transaction."""
        self._staff[staff_id] = name

    def of_staff(self, ids: Iterable[str | None]) -> Mapping[str, str]:
        """Return the names of members of staff; ids may be left out and repeated."""
        return _look_up(
            self._staff, ids=ids, ask=lambda wanted: account_queries.names_of(self._session, staff_ids=wanted)
        )

    def of_queues(self, ids: Iterable[str | None]) -> Mapping[str, tuple[str, str]]:
        """Return the Chinese and the English names of queues."""
        return _look_up(
            self._queues, ids=ids, ask=lambda wanted: queue_queries.names_of(self._session, queue_ids=wanted)
        )

    def of_guardians(self, ids: Iterable[str | None]) -> Mapping[str, str]:
        """Return the full names of guardians, to be masked by whoever shows them."""
        return _look_up(
            self._guardians,
            ids=ids,
            ask=lambda wanted: patient_queries.list_guardian_names(self._session, guardian_ids=wanted),
        )


def _look_up(
    known: dict[str, Name | None],
    *,
    ids: Iterable[str | None],
    ask: Callable[[list[str]], Mapping[str, Name]],
) -> dict[str, Name]:
    asked = {id for id in ids if id}
    unknown = sorted(asked.difference(known))
    if unknown:
        found = ask(unknown)
        known.update({id: found.get(id) for id in unknown})
    return {id: name for id in asked if (name := known[id]) is not None}
