"""Keeps the standby list of a process: in memory, and sealed on disk so that it is there after a restart without a
database. What cannot be written there stays in memory; the list is for a time in which disks fail, too.
"""

from __future__ import annotations

import hashlib
import logging

from pydantic import ValidationError

from caredesk.accounts.rules import sign_in_policy
from caredesk.actions import standby
from caredesk.continuity.rules import is_standby_due, is_standby_usable
from caredesk.continuity.schemas import StandbyKept, StandbyPage
from caredesk.core.clock import Clock
from caredesk.core.errors import CareDeskError
from caredesk.core.work import SYSTEM
from caredesk.edge.condition import DATABASE
from caredesk.edge.services import SealedFiles, Services
from caredesk.edge.transactions import read, write

log = logging.getLogger(__name__)

LARGEST = 50_000_000
"""Bytes; ten thousand who wait are a tenth of it."""


class KeptStandby:
    """The last good list. One for each serving process: each seals its own file, named by the process."""

    def __init__(self, files: SealedFiles, *, node: str, clock: Clock) -> None:
        self._files = files
        # By hash: a process may have any name, and a file may not.
        self._name = f"standby-{hashlib.sha256(node.encode()).hexdigest()[:16]}"
        self._clock = clock
        self._kept: StandbyKept | None = None
        self._looked = False
        self._owed: list[str] = []

    def last(self) -> StandbyKept | None:
        """Return the last list that may still be used; what is too old is deleted."""
        if self._kept is None and not self._looked:
            self._looked, self._kept = True, self._from_disk()
        if self._kept is not None and not is_standby_usable(taken_at=self._kept.taken_at, now=self._clock.now()):
            self._kept = None
            self._files.drop(self._name)
        return self._kept

    def show(self, *, token_hash: str) -> StandbyPage | None:
        """Return the kept list for a browser, and remember the look for the audit, which cannot take it now."""
        kept = self.last()
        found = standby.page_for(kept, token_hash=token_hash, now=self._clock.now()) if kept else None
        if found is None:
            return None
        self._owed.append(found.staff_id)
        log.info("standby_shown", extra={"staff_id": found.staff_id})
        return found.page

    def keep_if_due(self, services: Services) -> None:
        """Take the list anew when it is time and the database answers, and tell the audit of the looks it missed."""
        now = services.clock.now()
        if services.condition.problem_of(DATABASE) == "away":
            return
        if not is_standby_due(taken_at=self._kept.taken_at if self._kept else None, now=now):
            return
        if self._owed and not services.condition.problem_of(DATABASE):
            owed, self._owed = self._owed, []
            with write(services, actor=SYSTEM) as work:
                standby.note_looks(work, staff_ids=owed)
        with read(services) as session:
            kept = standby.take(session, now=now, idle=sign_in_policy(services.settings).session_idle)
        self.keep(kept)

    def keep(self, kept: StandbyKept) -> None:
        """Keep a list, on disk as far as that goes."""
        self._kept, self._looked = kept, True
        try:
            self._files.keep(self._name, iter([kept.model_dump_json().encode()]))
        except (OSError, CareDeskError) as fault:
            log.warning("standby_not_on_disk", extra={"fault": type(fault).__name__})

    def _from_disk(self) -> StandbyKept | None:
        try:
            sealed = b"".join(self._files.read(self._name, start=0, stop=LARGEST))
            return StandbyKept.model_validate_json(sealed)
        except (OSError, CareDeskError, ValidationError, ValueError):
            # Not there, or sealed under a key that is gone: there is nothing to show.
            return None
