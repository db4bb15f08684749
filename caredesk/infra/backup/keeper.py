"""The port behind the nightly backup: makes one, deletes what is kept no longer, and tells what came of it."""

from __future__ import annotations

import logging
from datetime import datetime
from time import perf_counter

from caredesk.actions.backups import BackupOutcome
from caredesk.infra.backup.faults import BackupFault, told_plainly
from caredesk.infra.backup.making import make_backup
from caredesk.infra.backup.retention import no_longer_kept
from caredesk.infra.backup.source import Source
from caredesk.settings import Settings

log = logging.getLogger(__name__)


class Keeper:
    """Makes backups of the desk with these settings."""

    def __init__(self, settings: Settings) -> None:
        self._source = Source(settings)

    def is_wanted(self) -> bool:
        """Tell whether there is a key to seal to, be it a wrong one."""
        try:
            return bool(self._source.public_key())
        except BackupFault:
            return True

    def make(self, *, now: datetime) -> BackupOutcome | None:
        """Make a backup and delete old ones, never before the new one is whole. None when there is no key yet."""
        try:
            if not self._source.public_key():
                return None
            began = perf_counter()
            label = make_backup(self._source, now=now)
            seconds = perf_counter() - began
            dropped = drop_old(self._source)
        except BackupFault as fault:
            log.error("backup failed", extra={"fault": fault.code, "detail": fault.detail})
            return BackupOutcome(fault=fault.code)
        log.info("backup made", extra={"backup": label.name, "bytes": label.size, "dropped": len(dropped)})
        return BackupOutcome(label.name, label.size, seconds=seconds)


def drop_old(source: Source) -> list[str]:
    """Delete the backups that the settings keep no longer; return their names."""
    settings, place = source.settings, source.place()
    old = no_longer_kept(
        place.labels(),
        daily=settings.backup_keep_daily,
        weekly=settings.backup_keep_weekly,
        monthly=settings.backup_keep_monthly,
    )
    with told_plainly(otherwise="unwritable"):
        for label in old:
            place.drop(label.name)
    return [label.name for label in old]
