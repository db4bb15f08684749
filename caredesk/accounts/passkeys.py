"""Judging what devices sign (WebAuthn, W3C level 3), by py_webauthn; apart from the rules because it is cryptography.

User verification is always demanded: the device has seen a finger, a face or a PIN, so a passkey is both factors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException

from caredesk.accounts.schemas import MadePasskey, UsedPasskey

_FAULTS = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError)
"""What the package raises at bytes that no device has made."""


@dataclass(frozen=True)
class Party:
    """For whom devices sign: the host that keys are bound to, and the origin that pages of ours have."""

    id: str
    origin: str


def party_at(address: str) -> Party | None:
    """Return for whom devices sign at an address; None where browsers make no keys: without HTTPS, or by number.

    This machine by its name is allowed, for trying things out.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host != "localhost" and (parts.scheme != "https" or "." not in host or _is_number(host)):
        return None
    return Party(id=host, origin=f"{parts.scheme}://{parts.netloc}".lower())


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def challenge_in(client_data: str) -> str:
    """Return which challenge a device says it has signed; empty when that cannot be read."""
    try:
        told: Any = json.loads(base64url_to_bytes(client_data))
        return str(told["challenge"])[:100]
    except _FAULTS:
        return ""


@dataclass(frozen=True)
class NewKey:
    """A key that a device has made: its id and its public half, both base64url."""

    credential_id: str
    public_key: str
    signed: int


def read_made(made: MadePasskey, *, challenge: str, party: Party) -> NewKey | None:
    """Return the key of an answer to being added; None when anything about it is not right."""
    answer = {
        "id": made.id,
        "rawId": made.id,
        "type": "public-key",
        "response": {"clientDataJSON": made.client_data, "attestationObject": made.attestation},
    }
    try:
        known = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _FAULTS:
        return None
    # The package does not compare the id that the page tells with that which the device has signed.
    if bytes_to_base64url(known.credential_id) != made.id:
        return None
    return NewKey(made.id, bytes_to_base64url(known.credential_public_key), known.sign_count)


def read_used(used: UsedPasskey, *, challenge: str, party: Party, public_key: str) -> int | None:
    """Return the device's count of signatures when the signature is right; None when anything about it is not."""
    answer = {
        "id": used.id,
        "rawId": used.id,
        "type": "public-key",
        "response": {
            "clientDataJSON": used.client_data,
            "authenticatorData": used.authenticator_data,
            "signature": used.signature,
            "userHandle": used.user_handle,
        },
    }
    try:
        known = verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(public_key),
            # Compared by the caller once the signature is known to be right: else anybody could raise the alarm.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _FAULTS:
        return None
    return known.new_sign_count


def handle_of(staff_id: str) -> str:
    """Return by which handle devices know somebody: their id, which names nobody."""
    return bytes_to_base64url(staff_id.encode())
