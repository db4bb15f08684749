"""What an alert may be about: one list for what is pushed and for the rules of the floor."""

from __future__ import annotations

from typing import Literal

AlertCode = Literal[
    "red_flag",
    "reply_overdue",
    "promise_due",
    "set_to_break",
    "level_in_danger",
    "nobody_ready",
    "wait_too_long",
    "waits_too_long",
    "sweep_found",
    "assist_late",
    "assist_urged",
    "hotline_trouble",
    "backup_failed",
    "backup_overdue",
    "drill_failed",
    "drill_overdue",
    "self_harm",
    "insult",
    "threat",
    "malware_found",
    "scanner_away",
    "outage_disk",
    "outage_bot",
    "outage_hotline",
    "outage_redis",
    "outage_clock",
]
