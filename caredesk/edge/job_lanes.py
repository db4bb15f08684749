"""How urgent each job is: somebody waits for it now, it is ordinary work, or it may take minutes."""

from __future__ import annotations

from typing import Literal, get_args

Lane = Literal["high", "default", "low"]
LANES: tuple[Lane, ...] = get_args(Lane)
"""The most urgent first; the names are those of the queues that carry them."""

HIGH = frozenset(
    {
        "answer_message", "climb_call_up", "dial_by_cloud", "end_presence", "expire_offer", "look_at_work",
        "match_queue", "requeue_work", "ring_agent", "time_call", "time_line", "withdraw_offer",
    }
)  # fmt: skip
"""A family, an agent or a caller waits for it this moment."""

LOW = frozenset(
    {
        "anchor_audit", "archive_timelines", "begin_review", "certify_erasure", "check_audit", "check_publication",
        "collect_review", "delete_recordings", "drop_files", "drop_old_keys", "erase_family", "evaluate_bot",
        "fetch_cloud_recording", "follow_retention", "forget_cloud_pushes", "keep_schedule", "learn_outlook",
        "make_backup", "propose_roster", "rebuild_index", "seal_files", "seal_rows", "simulate", "weigh_replies",
        "wipe_leftovers",
    }
)  # fmt: skip
"""It thinks for seconds or minutes, or is done at night; it must never stand before what somebody waits for."""


def lane_of(job_name: str) -> Lane:
    """Return in which lane a job of this name goes."""
    if job_name in HIGH:
        return "high"
    return "low" if job_name in LOW else "default"
