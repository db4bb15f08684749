"""All SQL of the policy's versions; apart from the queue's own because the matcher reads it on every match."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.queue.errors import PolicyUnknown
from caredesk.queue.models import PolicyActivation, RoutingPolicy
from caredesk.queue.policy import FIRST_VERSION, Policy, default_policy, parse_policy


def active_policy(session: Session) -> Policy:
    """Return the policy that holds now; a desk that has none yet follows the built-in first version."""
    row = session.execute(
        select(RoutingPolicy.version, RoutingPolicy.rules)
        .join(PolicyActivation, PolicyActivation.version == RoutingPolicy.version)
        .order_by(PolicyActivation.id.desc())
        .limit(1)
    ).first()
    return _parsed(json.dumps(row.rules), row.version) if row else _first_policy()


def get_policy(session: Session, *, version: int) -> Policy:
    """Return one version, or raise."""
    row = session.get(RoutingPolicy, version)
    if row is not None:
        return _parsed(json.dumps(row.rules), row.version)
    if version == FIRST_VERSION:
        return _first_policy()
    raise PolicyUnknown(version=version)


@lru_cache(maxsize=64)
def _parsed(rules: str, version: int) -> Policy:
    return parse_policy(json.loads(rules), version=version)


@lru_cache(maxsize=1)
def _first_policy() -> Policy:
    return default_policy()


def list_policies(session: Session) -> Sequence[RoutingPolicy]:
    """Return all versions, the newest first."""
    return session.scalars(select(RoutingPolicy).order_by(RoutingPolicy.version.desc())).all()


def list_activations(session: Session, *, limit: int = 100) -> Sequence[PolicyActivation]:
    """Return when which version began to hold, the last first."""
    return session.scalars(select(PolicyActivation).order_by(PolicyActivation.id.desc()).limit(limit)).all()


def add_policy(session: Session, *, rules: dict[str, Any], note: str, by: str, now: datetime) -> int:
    """Keep a new version and return its number; the built-in first version is kept before the second."""
    newest = session.scalar(select(func.max(RoutingPolicy.version)))
    if newest is None:
        first = default_policy()
        session.add(RoutingPolicy(version=first.version, rules=first.data(), note="", made_by="", made_at=now))
        newest = first.version
    session.add(RoutingPolicy(version=newest + 1, rules=rules, note=note, made_by=by, made_at=now))
    session.flush()
    return newest + 1


def activate(session: Session, *, version: int, by: str, reason: str, now: datetime) -> None:
    """Let a version hold from now on."""
    session.add(PolicyActivation(version=version, by=by, reason=reason, at=now))
    session.flush()
