"""One request to a provider: HTTPS, or plain HTTP on this machine if allowed; what goes wrong is a code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caredesk.infra.outside import FetchLimits, ask_outside
from caredesk.settings import Reach

MOST_READ = 100_000


@dataclass(frozen=True)
class Answer:
    """A provider's answer as JSON; empty when it was none. `error` says why there is no answer at all.

    `was_sent` tells whether the request may have reached the provider: then nobody knows what it did with it.
    """

    status: int = 0
    body: dict[str, Any] | None = None
    error: str = ""
    was_sent: bool = True


@dataclass(frozen=True)
class Patience:
    """How near a provider may be, and how long it may take to answer, in seconds."""

    reach: Reach
    seconds: float


def ask(url: str, *, method: str, target: str, headers: Mapping[str, str], body: bytes, patience: Patience) -> Answer:
    """Send one request below a base address and return the answer; redirects are not followed."""
    asked = ask_outside(
        url.rstrip("/") + target,
        method=method,
        body=body,
        headers=headers,
        reach=patience.reach,
        limits=FetchLimits(MOST_READ, patience.seconds, patience.seconds),
    )
    if asked.fault:
        lost = asked.was_sent and asked.fault != "timeout"
        return Answer(error="cut_off" if lost else asked.fault, was_sent=asked.was_sent)
    return Answer(asked.status, _json(asked.content))


def _json(raw: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
