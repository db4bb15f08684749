"""Fetching what a cloud call centre has recorded, from the address that it has told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from caredesk.infra.outside import FetchLimits, fetch_outside, is_loopback
from caredesk.settings import Reach

MOST_BYTES = 300_000_000
"""Five hours of one channel as a WAV file; as MP3 far more than a day."""
LONGEST_SECONDS = 600.0


@dataclass(frozen=True)
class VendorSounds:
    """Recordings at a vendor's. They are asked for by HTTPS also where the vendor writes HTTP: people speak in them."""

    reach: Reach
    seconds: float

    def fetch(self, address: str) -> Iterator[bytes]:
        """Yield what is at an address, in pieces; raise NotFetched with a code for whatever hinders it."""
        target = urlsplit(address)
        if target.scheme == "http" and not is_loopback(target.hostname or ""):
            address = target._replace(scheme="https").geturl()
        limits = FetchLimits(MOST_BYTES, self.seconds, LONGEST_SECONDS)
        return fetch_outside(address, reach=self.reach, limits=limits)
