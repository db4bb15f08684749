"""Signed identities of embedding sites: what vouches for a family, and what vouches for nobody."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from caredesk.edge.identity import AUDIENCE, LEEWAY_SECONDS, IdentityRefused, external_id_of
from caredesk.edge.services import Services
from tests.fixtures.desk import MONDAY_MORNING

NOW = int(MONDAY_MORNING.timestamp())


def signed(services: Services, *, secret: str | None = None, **changes: Any) -> str:
    claims = {"sub": "family-1", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 300, **changes}
    # The library's own encoder is stricter about times than whoever attacks.
    payload = json.dumps(claims).encode()
    return jwt.PyJWS().encode(payload, secret or services.identity_secret, algorithm="HS256")


def refusal(services: Services, identity: str) -> object:
    with pytest.raises(IdentityRefused) as refused:
        external_id_of(services, identity=identity)
    return refused.value.fields["reason"]


def test_a_fresh_identity_vouches_for_its_family(services: Services) -> None:
    assert external_id_of(services, identity=signed(services)) == "family-1"
    assert external_id_of(services, identity=signed(services, iat=NOW - 0.5, exp=NOW + 299.5)) == "family-1"


@pytest.mark.parametrize("claim", ["iat", "exp"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), True, "0", None, [], {}, 10**400])
def test_a_time_that_is_none_vouches_for_nobody(services: Services, claim: str, value: object) -> None:
    assert refusal(services, signed(services, **{claim: value})) in ("times", "signature", "expired")


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"exp": NOW - LEEWAY_SECONDS - 1}, "expired"),
        ({"iat": NOW + LEEWAY_SECONDS + 1}, "times"),
        ({"exp": NOW + 601}, "times"),
    ],
)
def test_an_old_or_long_lived_identity_vouches_for_nobody(
    services: Services, times: dict[str, int], reason: str
) -> None:
    assert refusal(services, signed(services, **times)) == reason


def test_somebody_elses_signature_vouches_for_nobody(services: Services) -> None:
    assert refusal(services, signed(services, secret="another-secret-that-is-long-enough-0123")) == "signature"
