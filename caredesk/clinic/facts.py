"""The schedule as values: what a session is apart from its row, and what a row of a file may refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

from caredesk.clinic.words import fold
from caredesk.core.clock import clinic_time

Outcome = Literal["added", "changed", "cancelled", "unchanged", "refused"]
"""What became of a row: `cancelled` is a change whose result is a session that does not take place."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What is known of one session."""

    department_id: str
    doctor_id: str | None
    day: date
    starts_at: datetime
    ends_at: datetime
    kind: str
    status: str = "scheduled"
    slots: int | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str, str | None, date, str, datetime]:
        """Return what makes it the same session in two files."""
        return (self.department_id, self.doctor_id, self.day, self.kind, self.starts_at)

    @property
    def takes_place(self) -> bool:
        """Tell whether it keeps anyone busy."""
        return self.status != "cancelled"

    @property
    def local_clock(self) -> tuple[time, time]:
        """Return when it begins and ends by the clinic's wall clock."""
        return clinic_time(self.starts_at).time(), clinic_time(self.ends_at).time()

    def meets(self, other: SessionFacts) -> bool:
        """Tell whether the two share time; touching is not sharing."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that is in the schedule already."""

    id: str
    facts: SessionFacts


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a row: a code for programs, and the value that stands there."""

    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row of a file."""

    line: int
    outcome: Outcome
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """What an import did, row by row. With any row refused, nothing was changed."""

    rows: tuple[RowOutcome, ...]

    @property
    def applied(self) -> bool:
        """Tell whether the file was accepted."""
        return not self.count("refused")

    def count(self, outcome: Outcome) -> int:
        """Return how many rows had this outcome."""
        return sum(1 for row in self.rows if row.outcome == outcome)

    @property
    def changes(self) -> int:
        """Return how many rows changed anything."""
        return self.count("added") + self.count("changed") + self.count("cancelled") if self.applied else 0


@dataclass(frozen=True)
class Directory:
    """Departments and doctors by everything a file may call them, each word folded."""

    departments: Mapping[str, str] = field(default_factory=dict)
    doctors: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """By word, all doctors it may mean, as (doctor id, department id)."""

    @classmethod
    def of(
        cls,
        *,
        departments: Iterable[tuple[str, str, str]],
        doctors: Iterable[tuple[str, str, str, str]],
    ) -> Directory:
        """Build it from (id, name, English name) and (id, name, English name, department id)."""
        named = {fold(word): id for id, *words in departments for word in (id, *words) if word}
        people: dict[str, tuple[tuple[str, str], ...]] = {}
        for id, name, name_en, department_id in doctors:
            for word in {fold(id), fold(name), fold(name_en)} - {""}:
                people[word] = (*people.get(word, ()), (id, department_id))
        return cls(departments=named, doctors=people)

    def find_department(self, word: str) -> str | None:
        """Return the id of the department that a word means."""
        return self.departments.get(fold(word))

    def find_doctors(self, word: str, *, department_id: str | None) -> list[str]:
        """Return the ids of the doctors that a word may mean; one of the department wins over namesakes elsewhere."""
        meant = self.doctors.get(fold(word), ())
        own = [id for id, home in meant if home == department_id]
        return own or [id for id, _ in meant]
