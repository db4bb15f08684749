"""The rules of how often: each named once, counted per address or per person behind the `RateLimits` port."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Literal

from flask import request
from flask.typing import ResponseReturnValue

from caredesk.accounts.devices import address_key
from caredesk.core.errors import TooMany
from caredesk.core.ports import RateLimits
from caredesk.edge.guards import current_actor
from caredesk.edge.respond import current_services
from caredesk.settings import Settings

RuleName = Literal[
    "visit.open",
    "message.post",
    "visitor.act",
    "doctor.act",
    "doctor.broadcast",
    "sign_in",
    "password.change",
    "factor",
    "picture.upload",
    "picture.day",
    "search",
    "reveal",
    "fhir",
    "hook",
    "call.push",
    "call",
    "parcel.push",
    "parcel.write",
    "listen",
    "audit.take_out",
    "evidence.take_out",
    "webhook.test",
]
View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True)
class Rate:
    """So many in any stretch of so many seconds."""

    amount: int
    seconds: int


def rates(settings: Settings) -> Mapping[str, Rate]:
    """Return every rule with its rate."""
    rules: dict[RuleName, Rate] = {
        "visit.open": Rate(settings.visitors_per_minute, 60),
        "message.post": Rate(settings.visitor_messages_per_minute, 60),
        "visitor.act": Rate(120, 60),
        "doctor.act": Rate(120, 60),
        # Each one goes to a whole waiting room, and every family is to believe the next one, too.
        "doctor.broadcast": Rate(6, 600),
        # A hospital's staff share one address; the lock of each login stops guessing long before this.
        "sign_in": Rate(30, 60),
        "password.change": Rate(10, 600),
        # A million codes, three of them right: nobody guesses one at this pace.
        "factor": Rate(10, 600),
        "picture.upload": Rate(20, 60),
        # A family sends a dozen; whoever sends a thousand small ones fills a disk.
        "picture.day": Rate(200, 86_400),
        "search": Rate(90, 60),
        # Each one holds a thread until the receiver has answered.
        "webhook.test": Rate(10, 60),
        "fhir": Rate(120, 60),
        # Receipts come in bursts, one address for a whole provider.
        "hook": Rate(600, 60),
        # A call centre that makes up for an outage tries three times and then gives a call's record up.
        "call.push": Rate(3000, 60),
        # Nobody dials more often than every second for long.
        "call": Rate(120, 60),
        # A service that tells of every parcel pushes in bursts after the morning's sorting.
        "parcel.push": Rate(600, 60),
        "parcel.write": Rate(30, 60),
        # A player asks for a part whenever its needle is moved; who copies an archive needs thousands.
        "listen": Rate(240, 60),
        # Each reads the whole chain, or much of it.
        "audit.take_out": Rate(12, 600),
        # A case takes a few; who copies an archive needs hundreds.
        "evidence.take_out": Rate(30, 600),
        # Whoever serves families looks behind a few masks an hour; who copies a register needs hundreds.
        "reveal": Rate(settings.reveals_per_hour, 3600),
    }
    return {str(name): rate for name, rate in rules.items()}


def limited(rule: RuleName, *, by: Literal["address", "visitor", "staff"]) -> Callable[[View], View]:
    """Refuse calls of a view beyond the rule. Stands below the guard, which knows who asks."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(**arguments: object) -> ResponseReturnValue:
            who = current_address() if by == "address" else current_actor().id
            refuse_excess(current_services().limits, rule=rule, who=f"{by}:{who}")
            return view(**arguments)

        return counted

    return decorate


def refuse_excess(limits: RateLimits, *, rule: RuleName, who: str) -> None:
    """Count one attempt; raise with the seconds to wait when it is one too many. For sockets, too."""
    wait = limits.hit(rule, who)
    if wait:
        raise TooMany(rule=rule, retry_after=wait)


def excess_of_each(limits: RateLimits, *, rule: RuleName, whos: Sequence[str]) -> list[TooMany | None]:
    """Count an attempt of each; return the refusal of those for whom it is one too many."""
    waits = limits.hit_each(rule, whos)
    return [TooMany(rule=rule, retry_after=wait) if wait else None for wait in waits]


def current_address() -> str:
    """Return whom the connection is counted as. Proxies are believed only as far as the settings say."""
    return address_key(request.remote_addr or "")
