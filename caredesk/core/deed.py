"""A deed: what a transaction leaves in the audit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deed:
    """What was done and to what, in ids and words of the code only: erasing a person later leaves it true.

    `name` is `noun.past_tense`. `subject` is `kind:id` of whom or what it concerns, `why` a code, and `record` is
    `kind:id` of the row that holds what people typed, such as their reason.
    """

    name: str
    subject: str = ""
    why: str = ""
    record: str = ""
