"""Codes of an authenticator (TOTP, RFC 6238) and recovery codes; apart from the rules because it makes secrets.

Codes have six digits and change every 30 seconds, as every authenticator knows them without being told.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno

STEP_SECONDS = 30

SKEW = 1
"""So many steps a telephone's clock may be fast or slow (RFC 6238, 5.2)."""

RECOVERY_CODES = 10

# Without letters and digits that look alike, because people copy them by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """Return a secret of 160 random bits in base32."""
    return pyotp.random_base32()


def address_of(secret: str, *, login: str, issuer: str) -> str:
    """Return the `otpauth` address that an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


@dataclass(frozen=True)
class QrCode:
    """A QR code as an SVG path of so many modules on a side, quiet zone included."""

    path: str
    size: int


def qr_of(address: str) -> QrCode:
    """Return a QR code that a telephone reads from a screen."""
    code = segno.make(address, error="l", micro=False)
    rows = [list(row) for row in code.matrix_iter(border=4)]
    runs = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return QrCode(path="".join(runs), size=len(rows))


def step_of(code: str, *, secret: str, now: datetime) -> int | None:
    """Return the time step whose code this is, one early or late included; None when it is none of them."""
    if not secret:
        return None
    totp, current = pyotp.TOTP(secret, interval=STEP_SECONDS), int(now.timestamp()) // STEP_SECONDS
    given = code.encode("utf-8", "replace")
    fitting = [
        step
        for step in range(current - SKEW, current + SKEW + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), given)
    ]
    # The newest: an older one that happens to be alike must not leave a newer one open.
    return fitting[-1] if fitting else None


def new_recovery_codes() -> list[str]:
    """Return ten codes of three times five signs, 74 bits each."""
    return ["-".join(_five_signs() for _ in range(3)) for _ in range(RECOVERY_CODES)]


def _five_signs() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))


def normal_code(typed: str) -> str:
    """Return a code as it is compared: blanks, dashes, width and case do not count."""
    return "".join(sign for sign in typed.translate(_WIDE).casefold() if sign.isalnum())


# Chinese keyboards write digits and letters in full width, too.
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
