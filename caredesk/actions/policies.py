"""Versions of the routing policy: which holds, what a new one would change, applying it, and going back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from caredesk.actions.match_asking import ask_for_match
from caredesk.conversations.rules import tidy_text
from caredesk.core.work import Work
from caredesk.queue import policy_queries, queries
from caredesk.queue.errors import PolicyMoved
from caredesk.queue.policy import Policy, parse_policy

NOTE_LENGTH = 200


@dataclass(frozen=True)
class RuleChange:
    """A rule that two versions have differently; None where a version lacks it."""

    rule: str
    queue: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def check(session: Session, *, data: object) -> Policy:
    """Read a policy and hold its names of queues against those there are; `PolicyInvalid` says what is wrong."""
    return parse_policy(data, queues=[queue.key for queue in queries.list_queues(session)])


def difference(before: Policy, after: Policy) -> list[RuleChange]:
    """Return what changes from one policy to another; a changed order of the ranking rules is one change."""
    old, new = _by_mark(before), _by_mark(after)
    marks = [*new, *(mark for mark in old if mark not in new)]
    changes = [
        RuleChange(mark[0], mark[1], old.get(mark), new.get(mark)) for mark in marks if old.get(mark) != new.get(mark)
    ]
    asked_before, asked_after = (tuple(rule.rule for rule in one.ranking) for one in (before, after))
    if asked_before != asked_after and sorted(asked_before) == sorted(asked_after):
        changes.append(RuleChange("order", None, {"order": list(asked_before)}, {"order": list(asked_after)}))
    return changes


def _by_mark(policy: Policy) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {
        (rule.rule, getattr(rule, "queue", None)): rule.model_dump(mode="json", exclude={"rule"})
        for rule in policy.rules
    }


def apply(work: Work, *, data: object, note: str, expected: int | None = None) -> Policy:
    """Keep a new version and let it hold at once; one that changes nothing is not kept.

    With `expected`, nothing happens when another version became active meanwhile: `PolicyMoved`.
    """
    active = _expect_active(work, expected=expected)
    wanted = check(work.session, data=data)
    if wanted.rules == active.rules:
        return active
    by, now = work.actor.name or work.actor.id, work.now
    tidy = tidy_text(note).strip()[:NOTE_LENGTH]
    version = policy_queries.add_policy(work.session, rules=wanted.data(), note=tidy, by=by, now=now)
    return _activate(work, version=version, reason=tidy)


def activate(work: Work, *, version: int, reason: str, expected: int | None = None) -> Policy:
    """Let an older version hold again: the way back."""
    active = _expect_active(work, expected=expected)
    wanted = policy_queries.get_policy(work.session, version=version)
    check(work.session, data=wanted.data())
    if version == active.version:
        return active
    return _activate(work, version=version, reason=tidy_text(reason).strip()[:NOTE_LENGTH])


def _expect_active(work: Work, *, expected: int | None) -> Policy:
    active = policy_queries.active_policy(work.session)
    if expected is not None and active.version != expected:
        raise PolicyMoved(active=active.version)
    return active


def _activate(work: Work, *, version: int, reason: str) -> Policy:
    by = work.actor.name or work.actor.id
    policy_queries.activate(work.session, version=version, by=by, reason=reason, now=work.now)
    for queue_id in _queue_ids(work.session):
        # Whoever waits is looked at by the new rules, and what their waiting changes is timed anew.
        ask_for_match(work, queue_id=queue_id, trigger="policy_changed")
        work.enqueue("time_line", {"queue_id": queue_id, "after": ""}, key=f"time_line:{queue_id}")
    return policy_queries.get_policy(work.session, version=version)


def _queue_ids(session: Session) -> Sequence[str]:
    return [queue.id for queue in queries.list_queues(session)]
