"""What people write, as it is stored: cleaned, and without the numbers that must never be on disk. One way for all."""

from __future__ import annotations

from dataclasses import dataclass

from caredesk.conversations.rules import clean_text, tidy_text
from caredesk.guardrails.numbers import NumberKind, mask_numbers


@dataclass(frozen=True, slots=True)
class Kept:
    """Words as they are stored, and which numbers were taken out of them."""

    text: str
    masked: tuple[NumberKind, ...] = ()


def keep_words(text: str, *, limit: int) -> Kept:
    """Return words as they are stored; refuse what is empty or too long."""
    masked = mask_numbers(clean_text(text, limit=limit))
    return Kept(masked.text, masked.kinds)


def keep_line(text: str) -> str:
    """Return a short text that may also be empty, such as a note or a draft, as it is stored."""
    return mask_numbers(tidy_text(text)).text
