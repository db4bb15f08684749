"""The nightly backup, made outside of any transaction, for it takes minutes; and what is asked of backups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from caredesk.actions.backups import BackupOutcome
from caredesk.edge.services import Services


@dataclass(frozen=True)
class Tonight:
    """What came of tonight's backup, if one was wanted, and at which hour the next is due."""

    outcome: BackupOutcome | None
    hour: int


@dataclass(frozen=True)
class Watched:
    """Whether there shall be backups, and after how many days another drill is due."""

    wanted: bool
    drill_days: int


def look_after(services: Services, _payload: dict[str, Any]) -> Watched:
    """Return what is asked of backups here."""
    wanted = services.backups is not None and services.backups.is_wanted()
    return Watched(wanted, services.settings.backup_drill_days)


def make_tonight(services: Services, _payload: dict[str, Any]) -> Tonight:
    """Make a backup. Killed in between it is made again; what was left half is swept away by the next."""
    hour = services.settings.backup_hour
    if services.backups is None or hour < 0:
        return Tonight(None, hour)
    return Tonight(services.backups.make(now=services.clock.now()), hour)
