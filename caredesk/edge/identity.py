"""Signed identities: how the hospital vouches for a family or for one of its staff, in a short-lived JWT (HS256).

Families and staff have a secret and an audience of their own, so that who may make the one can never make the other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Literal, TypeGuard

import jwt

from caredesk.core.errors import BadInput
from caredesk.core.ids import token_hash
from caredesk.edge.services import Services
from caredesk.edge.signatures import keys_in

AUDIENCE = "caredesk"
STAFF_AUDIENCE = "caredesk-staff"
LEEWAY_SECONDS = 30
LONGEST_ID = 200


class IdentityRefused(BadInput):
    """The identity is not signed by the shared secret, too old, or too long-lived; `reason` says which."""

    code = "identity.refused"


def external_id_of(services: Services, *, identity: str) -> str:
    """Return the guardian's id in the embedding system that a signed identity vouches for.

    Claims: `sub` (the guardian's external id), `aud` = "caredesk", `iat` and `exp` at most
    `identity_max_age` seconds apart; algorithm HS256 (RFC 7519).
    """
    claims = _claims(services, identity, secret=services.identity_secret, audience=AUDIENCE, required=("sub",))
    return str(claims["sub"])


@dataclass(frozen=True)
class StaffToken:
    """For whom the hospital vouches; `fingerprint` makes a second use recognisable until `expires_at`."""

    by: Literal["login", "doctor"]
    subject: str
    fingerprint: str
    expires_at: datetime


def staff_token_of(services: Services, *, token: str) -> StaffToken:
    """Return for which member of staff a token vouches.

    Claims as a family's, with `aud` = "caredesk-staff" and `jti`, which is good for one use. `sub` is the login, or
    with `by` = "doctor" the clinic's id of the doctor.
    """
    secret = services.staff_secret
    if not secret:
        raise IdentityRefused(reason="signature")
    claims = _claims(services, token, secret=secret, audience=STAFF_AUDIENCE, required=("sub", "jti"))
    by, used_once = claims.get("by", "login"), claims["jti"]
    if by not in ("login", "doctor") or not isinstance(used_once, str) or not 8 <= len(used_once) <= LONGEST_ID:
        raise IdentityRefused(reason="claims")
    expires = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=LEEWAY_SECONDS)
    return StaffToken(by, str(claims["sub"])[:LONGEST_ID], token_hash(used_once), expires)


def _claims(
    services: Services, identity: str, *, secret: str, audience: str, required: Collection[str]
) -> dict[str, Any]:
    claims = _signed_claims(identity, secret=secret, audience=audience, required=required)
    _check_times(services, issued=claims["iat"], expires=claims["exp"])
    return claims


def _signed_claims(identity: str, *, secret: str, audience: str, required: Collection[str]) -> dict[str, Any]:
    """Return what is claimed under one of the secrets that are good now."""
    fault: jwt.PyJWTError | None = None
    for key in keys_in(secret):
        try:
            claims: dict[str, Any] = jwt.decode(
                identity,
                key,
                # Named here and nowhere else: what a token says of its own algorithm counts for nothing.
                algorithms=["HS256"],
                audience=audience,
                options={
                    "require": [*required, "aud", "iat", "exp"],
                    # Both are compared with the desk's own clock below.
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError as refused:
            fault = refused
        else:
            return claims
    raise IdentityRefused(reason="signature") from fault


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
