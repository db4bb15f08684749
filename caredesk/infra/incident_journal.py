"""The journal of what is done about incidents while the database is away: sealed files in the data folder.

All processes that share the folder share the journal: what one has kept the others show, and whichever looks first
after the database is back puts it there. Servers that share no folder do not know of each other's meanwhile.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from caredesk.actions import incident_journal
from caredesk.continuity.errors import IncidentNotKept
from caredesk.continuity.schemas import JournalDeed
from caredesk.core.errors import CareDeskError
from caredesk.core.sealing import MasterKeys
from caredesk.core.work import Actor
from caredesk.edge.condition import DATABASE
from caredesk.edge.services import Services
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.transactions import write
from caredesk.infra.sealed_files import SealedFolder

log = logging.getLogger(__name__)

LARGEST = 100_000
"""Bytes; the longest note has a fiftieth of it."""

ASIDE = "aside-"


class IncidentJournal:
    """One file for each deed, written whole and synced before anybody is told that it is kept."""

    def __init__(self, folder: Path, *, masters: MasterKeys) -> None:
        self._files = SealedFolder(folder, masters=masters, shelf_of=lambda _name: "deeds")
        self._folder = folder / "deeds"

    def deeds(self) -> Sequence[JournalDeed]:
        """Return what is not in the database yet, in the order in which it was done."""
        if not self._folder.is_dir():
            return []
        names = sorted(one.name for one in self._folder.iterdir() if one.suffix == "" and ASIDE not in one.name)
        read = [deed for name in names if (deed := self._read(name)) is not None]
        return sorted(read, key=lambda deed: (deed.at, deed.id))

    def append(self, deed: JournalDeed) -> None:
        """Keep a deed; when this returns it outlives the process and the machine's power."""
        try:
            self._keep(deed.id, deed)
        except (OSError, CareDeskError) as fault:
            log.warning("incident_not_kept", extra={"fault": type(fault).__name__})
            raise IncidentNotKept from fault
        log.warning("incident_kept", extra={"incident_id": deed.incident_id, "what": deed.what})

    def replay(self, services: Services) -> None:
        """Put into the database what it missed, one deed and one transaction after the other, once it takes it."""
        if services.condition.problem_of(DATABASE):
            return
        for deed in self.deeds():
            try:
                with write(services, actor=Actor("staff", deed.staff_id, deed.name)) as work:
                    incident_journal.replay(work, deed=deed)
            except StoreUnavailable:
                return
            except CareDeskError as fault:
                # Such as after a restore to a time before the incident: kept for people, and in nobody's way.
                log.error("incident_deed_put_aside", extra={"deed_id": deed.id, "code": fault.code})
                self._keep(f"{ASIDE}{deed.id}", deed)
            self._files.drop(deed.id)

    def _keep(self, name: str, deed: JournalDeed) -> None:
        self._files.keep(name, iter([deed.model_dump_json().encode()]))
        # The name of a file is in its folder, which has to be synced by itself.
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self, name: str) -> JournalDeed | None:
        try:
            return JournalDeed.model_validate_json(b"".join(self._files.read(name, start=0, stop=LARGEST)))
        except (OSError, CareDeskError, ValidationError, ValueError):
            # Gone meanwhile, because another process has put it in; or sealed under a key that is gone.
            return None
