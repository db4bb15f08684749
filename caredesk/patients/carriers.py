"""The carriers that medicines travel with, read from `carriers.yaml` beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True)
class Carrier:
    """A carrier: its code at the tracking service, its names, and whether it wants the end of a phone number."""

    code: str
    zh: str
    en: str
    names: tuple[str, ...]
    phone: bool = False


@cache
def list_carriers() -> tuple[Carrier, ...]:
    """Return every carrier, the most used first."""
    text = resources.files("caredesk.patients").joinpath("carriers.yaml").read_text("utf-8")
    return tuple(Carrier(**{**row, "names": tuple(row["names"])}) for row in yaml.safe_load(text))


def find_carrier(code: str) -> Carrier | None:
    """Return the carrier of a code."""
    return next((one for one in list_carriers() if one.code == code), None)


def code_of(name: str) -> str:
    """Return the code of the carrier that people mean by a name, or nothing when it is unknown."""
    plain = name.strip().upper()
    return next((one.code for one in list_carriers() if one.code.upper() == plain or _is_named(one, plain)), "")


def _is_named(carrier: Carrier, name: str) -> bool:
    return any(name.startswith(known.upper()) for known in carrier.names)
