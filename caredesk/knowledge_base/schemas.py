"""What goes in and out of the knowledge base: table rows, entry contents and the report of an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

RowOutcome = Literal["added", "changed", "unchanged", "retired", "refused"]
Pending = Literal["", "update", "retire"]
State = Literal["draft", "published", "retired"]
Stage = Literal["draft", "review", "published", "leaving", "retired"]
"""How far the newest version has come; an entry with an unpublished change is served as it was all the while.

A `leaving` one is served until the next publication of it: a file that replaces the base has left it out.
"""
DueMark = Literal["expiring", "expired", "recheck"]
Audience = Literal["parent", "agent", "doctor"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)


@dataclass(frozen=True)
class TableRow:
    """One row of a file, as text; `number` is its line as a person counts, the header being 1."""

    number: int
    cells: Mapping[str, str]
    surplus: int = 0


@dataclass(frozen=True)
class Table:
    """A file's header and rows."""

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


class Attachment(BaseModel):
    """A file beside an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(max_length=36)
    name: str = Field(max_length=120)
    media_type: str = Field(default="", max_length=40)
    size: int = Field(default=0, ge=0, le=2**31 - 1)


class EntryContent(BaseModel):
    """What an editor writes: everything of an entry but its state."""

    model_config = ConfigDict(frozen=True)

    id: str
    category: str
    question: str
    similar: tuple[str, ...]
    answer: str
    source: str = ""
    owner: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    popular: bool = False
    live: str = ""
    audience: Audience = "parent"
    recheck_on: date | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class CheckedRow:
    """A row with its content, or with the reasons why it is refused."""

    number: int
    entry_id: str
    content: EntryContent | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedTable:
    """All rows checked, with notices about the file that refuse nothing."""

    rows: tuple[CheckedRow, ...]
    notices: tuple[str, ...] = field(default=())
    absent: tuple[str, ...] = ()
    """Optional columns that the file has not; entries keep what they have there."""

    @property
    def refused(self) -> tuple[CheckedRow, ...]:
        """The rows that cannot be imported."""
        return tuple(row for row in self.rows if row.content is None)


class RowReport(BaseModel):
    """What the import did with one row, or with an entry that the file left out (row None)."""

    row: int | None
    id: str
    outcome: RowOutcome
    reasons: list[str] = []


class ImportReport(BaseModel):
    """The whole import, row by row. With any row refused nothing was imported."""

    imported: bool
    published: int | None
    rows: list[RowReport]
    notices: list[str]

    def count(self, outcome: RowOutcome) -> int:
        """Return how many rows had this outcome."""
        return sum(row.outcome == outcome for row in self.rows)


class Piece(BaseModel):
    """A stretch of a text as it is shown in a difference."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["same", "removed", "added"]
    text: str


class FieldChange(BaseModel):
    """What became of one field; `pieces` tell it word by word."""

    field: str
    before: str
    after: str
    pieces: list[Piece]
