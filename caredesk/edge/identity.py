"""Signed identities: how an embedding site or app vouches for a family, in a short-lived JWT with a shared secret."""

from __future__ import annotations

from math import isfinite
from typing import TypeGuard

import jwt

from caredesk.core.errors import BadInput
from caredesk.edge.services import Services

AUDIENCE = "caredesk"
LEEWAY_SECONDS = 30


class IdentityRefused(BadInput):
    """The identity is not signed by the shared secret, too old, or too long-lived; `reason` says which."""

    code = "identity.refused"


def external_id_of(services: Services, *, identity: str) -> str:
    """Return the guardian's id in the embedding system that a signed identity vouches for.

    Claims: `sub` (the guardian's external id), `aud` = "caredesk", `iat` and `exp` at most
    `identity_max_age` seconds apart; algorithm HS256 (RFC 7519).
    """
    try:
        claims = jwt.decode(
            identity,
            services.identity_secret,
            algorithms=["HS256"],
            audience=AUDIENCE,
            options={
                "require": ["sub", "aud", "iat", "exp"],
                # Both are compared with the desk's own clock below.
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.PyJWTError as fault:
        raise IdentityRefused(reason="signature") from fault
    _check_times(services, issued=claims["iat"], expires=claims["exp"])
    return str(claims["sub"])


def _is_time(claim: object) -> TypeGuard[int | float]:
    """Tell whether a claim is a number of seconds. JSON as it is read here also knows NaN, which no limit exceeds."""
    return (isinstance(claim, int) and not isinstance(claim, bool)) or (isinstance(claim, float) and isfinite(claim))


def _check_times(services: Services, *, issued: object, expires: object) -> None:
    if not _is_time(issued) or not _is_time(expires):
        raise IdentityRefused(reason="times")
    now = services.clock.now().timestamp()
    if now > expires + LEEWAY_SECONDS:
        raise IdentityRefused(reason="expired")
    if issued > now + LEEWAY_SECONDS or expires - issued > services.settings.identity_max_age:
        raise IdentityRefused(reason="times")
