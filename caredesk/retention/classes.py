"""The classes of records, read from their file: what each is, how long it stays, and who removes it.

A file of its own because it reads a file; what follows from a class is decided in `rules.py`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from caredesk.retention.rules import Period

DATA = Path(__file__).parent / "data" / "classes.yaml"

CONVERSATION, KEPT = "conversation", "kept_record"
"""Those that are more than rows of one table."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Keep(_Data):
    """How long something stays, in one unit or several."""

    days: int = Field(0, ge=0)
    months: int = Field(0, ge=0)
    years: int = Field(0, ge=0)

    @property
    def period(self) -> Period:
        return Period(months=12 * self.years + self.months, days=self.days)


class RecordClass(_Data):
    """One class of record, as `data/classes.yaml` explains it. `since` are columns, the first that is set counts."""

    id: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    what: str
    by: str
    source: str
    law: bool = False
    keep: Keep | None = None
    table: str = ""
    since: tuple[str, ...] = ()
    when: str = ""
    holds: str = ""
    """The column with the conversation, where a hold on it keeps the row."""

    @property
    def period(self) -> Period:
        """Return how long it stays; only asked of a class that says so itself."""
        if self.keep is None:
            raise ValueError(f"the class {self.id} has no time of its own")
        return self.keep.period


@cache
def record_classes() -> tuple[RecordClass, ...]:
    """Return all classes in the order in which a run walks over them."""
    written = yaml.safe_load(DATA.read_text("utf-8"))
    return tuple(RecordClass.model_validate(one) for one in written["classes"])


def class_of(id: str) -> RecordClass:
    """Return a class by its id."""
    return next(one for one in record_classes() if one.id == id)


def walked_classes() -> tuple[RecordClass, ...]:
    """Return the classes that a run removes; the others have jobs of their own, or stay."""
    return tuple(one for one in record_classes() if one.by in ("rows", "conversations", "kept"))
