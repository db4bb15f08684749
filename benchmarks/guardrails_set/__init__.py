"""The labelled lines on which the guardrails are measured, and the invented numbers that stand in them.

`tuning.txt` is what the word lists were made from. `test.txt` was written before them and is only measured against.
No number is anybody's: identity numbers have a district that does not exist, cards a bank that does not.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Half = Literal["tuning", "test"]
Writer = Literal["agent", "parent"]

_HERE = Path(__file__).parent
_WRITERS: dict[str, Writer] = {"agent": "agent", "parent": "parent"}
_NAME = re.compile(r"\{(\w+)\}")
_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_SAID = str.maketrans("0123456789", "零一二三四五六七八九")


@dataclass(frozen=True)
class Line:
    """One message: who writes it, what the guardrails should find in it, and its words."""

    who: Writer
    kinds: frozenset[str]
    text: str


def read_lines(half: Half, *, seed: int = 1) -> list[Line]:
    """Return the lines of a half, filled with numbers that depend on nothing but the seed."""
    dice, lines = random.Random(seed), []
    who: Writer | None = None
    kinds = frozenset[str]()
    for raw in (_HERE / f"{half}.txt").read_text("utf-8").splitlines():
        if raw.startswith("["):
            named, *of_kinds = raw.strip("[]").split()
            who, kinds = _WRITERS[named], frozenset(of_kinds)
        elif raw.strip() and not raw.startswith("#"):
            assert who is not None
            lines.append(Line(who, kinds, _NAME.sub(lambda found: made(found[1], dice), raw)))
    return lines


def made(name: str, dice: random.Random) -> str:
    """Return an invented number of a kind that the lines name."""
    if name.startswith("id"):
        return _identity(name, dice)
    if name.startswith(("card", "visa")):
        return _card(name, dice)
    if name.startswith("order") and name[5:].isdigit():
        # Orders begin with their day, as almost everywhere.
        return f"20261129{_digits(int(name[5:]) - 8, dice)}" if name != "order8" else _digits(8, dice)
    others = {
        "order_luhn": lambda: with_luhn(f"629999{_digits(9, dice)}"),
        "mobile": lambda: f"199{_digits(8, dice)}",
        "parcel": lambda: f"YT{_digits(13, dice)}",
        "mrn": lambda: f"0{_digits(9, dice)}",
        "passport": lambda: f"E{_digits(8, dice)}",
        "permit": lambda: f"C{_digits(8, dice)}",
    }
    return others[name]()


def identity_number(dice: random.Random, *, ends_in_x: bool = False) -> str:
    """Return a number with a right check digit (GB 11643) of a district that does not exist."""
    while True:
        body = f"119999{dice.randint(1955, 2024)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}{_digits(3, dice)}"
        whole = body + check_digit(body)
        if whole.endswith("X") == ends_in_x:
            return whole


def check_digit(body: str) -> str:
    """Return the check digit of the first seventeen (GB 11643; ISO 7064, mod 11-2) by its recursion."""
    rest = 0
    for digit in body:
        rest = (rest + int(digit)) * 2 % 11
    return "0123456789X"[(12 - rest) % 11]


def with_luhn(body: str) -> str:
    """Return the digits with the check digit that Luhn's formula asks for (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{body}{-total % 10}"


def _identity(name: str, dice: random.Random) -> str:
    whole = identity_number(dice, ends_in_x=name in ("id_x", "id_small"))
    if name == "id15":
        return f"{whole[:6]}{whole[8:17]}"
    if name == "id_wrong":
        return f"{whole[:17]}{(int(whole[17]) + 1) % 10}"
    forms = {
        "id_small": whole.lower(),
        "id_spaced": f"{whole[:6]} {whole[6:14]} {whole[14:]}",
        "id_dashed": f"{whole[:6]}-{whole[6:14]}-{whole[14:]}",
        "id_wide": whole.translate(_WIDE),
        "id_said": whole.translate(_SAID),
    }
    return forms.get(name, whole)


def _card(name: str, dice: random.Random) -> str:
    if name == "visa":
        return with_luhn(f"4{_digits(14, dice)}")
    whole = with_luhn(f"629999{_digits(9 if name == 'card16' else 12, dice)}")
    if name == "card_wrong":
        short = with_luhn(f"629999{_digits(9, dice)}")
        return f"{short[:-1]}{(int(short[-1]) + 1) % 10}"
    forms = {
        "card_spaced": " ".join(whole[at : at + 4] for at in range(0, 19, 4)),
        "card_dashed": "-".join(whole[at : at + 4] for at in range(0, 19, 4)),
        "card_wide": whole.translate(_WIDE),
    }
    return forms.get(name, whole)


def _digits(count: int, dice: random.Random) -> str:
    return "".join(str(dice.randrange(10)) for _ in range(count))
