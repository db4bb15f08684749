"""Which backups are kept: the newest of each of the last days, weeks and months that have one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from caredesk.core.clock import clinic_time
from caredesk.infra.backup.places import Label

Span = Callable[[datetime], str]
SPANS: dict[str, Span] = {
    "daily": lambda at: f"{at:%Y-%m-%d}",
    "weekly": lambda at: f"{at:%G-%V}",
    "monthly": lambda at: f"{at:%Y-%m}",
}


def no_longer_kept(labels: Sequence[Label], *, daily: int, weekly: int, monthly: int) -> list[Label]:
    """Return what may be deleted. Days are the clinic's; a day without a backup does not count, so that a desk that
    stood still for months keeps what it has. The newest is always kept.
    """
    newest_first = sorted(labels, key=lambda label: label.made_at, reverse=True)
    kept = {label.name for label in newest_first[:1]}
    for name, count in (("daily", daily), ("weekly", weekly), ("monthly", monthly)):
        newest_of: dict[str, Label] = {}
        for label in newest_first:
            newest_of.setdefault(SPANS[name](clinic_time(label.made_at)), label)
        kept |= {label.name for label in list(newest_of.values())[:count]}
    return [label for label in newest_first if label.name not in kept]
