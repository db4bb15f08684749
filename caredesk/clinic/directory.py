"""The plan of an import of departments or doctors: which rows add, change or are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from caredesk.clinic.facts import Directory, Fault, ImportReport, Outcome, RowOutcome
from caredesk.clinic.sheet import EXTRA_CELLS, SheetRow

DEPARTMENT_COLUMNS = ("id", "name")
DOCTOR_COLUMNS = ("id", "name", "department")

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class DepartmentFacts:
    """What is known of a department; `position` is its place in lists."""

    id: str
    name: str
    name_en: str
    category: str
    position: int


@dataclass(frozen=True, slots=True)
class DoctorFacts:
    """What is known of a doctor."""

    id: str
    name: str
    name_en: str
    department_id: str
    title: str


Facts = TypeVar("Facts", DepartmentFacts, DoctorFacts)
Read = tuple[Facts | None, list[Fault]]


@dataclass(frozen=True)
class DirectoryPlan(Generic[Facts]):
    """What an import would do; with a refused row there are no changes."""

    report: ImportReport
    changes: tuple[Facts, ...]


def plan_departments(
    rows: Sequence[SheetRow], *, known: Mapping[str, DepartmentFacts]
) -> DirectoryPlan[DepartmentFacts]:
    """Plan an import of departments: new ones line up behind those that are known."""
    places = {id: facts.position for id, facts in known.items()}
    for row in rows:
        places.setdefault(row.cell("id"), len(places))

    def read(row: SheetRow) -> Read[DepartmentFacts]:
        id = row.cell("id")
        return DepartmentFacts(id, row.cell("name"), row.cell("name_en"), row.cell("category"), places[id]), []

    return _plan(rows, read=read, known=known)


def plan_doctors(
    rows: Sequence[SheetRow], *, directory: Directory, known: Mapping[str, DoctorFacts]
) -> DirectoryPlan[DoctorFacts]:
    """Plan an import of doctors into known departments."""

    def read(row: SheetRow) -> Read[DoctorFacts]:
        word = row.cell("department")
        department_id = directory.find_department(word)
        if department_id is None:
            return None, [Fault("department_unknown" if word else "department_missing", word)]
        return DoctorFacts(row.cell("id"), row.cell("name"), row.cell("name_en"), department_id, row.cell("title")), []

    return _plan(rows, read=read, known=known)


def _plan(
    rows: Sequence[SheetRow], *, read: Callable[[SheetRow], Read[Facts]], known: Mapping[str, Facts]
) -> DirectoryPlan[Facts]:
    outcomes: list[RowOutcome] = []
    changes: list[Facts] = []
    first_line: dict[str, int] = {}
    for row in rows:
        facts, faults = read(row)
        faults += _common_faults(row, earlier=first_line.setdefault(row.cell("id"), row.line))
        if facts is None or faults:
            outcomes.append(RowOutcome(row.line, "refused", tuple(faults)))
            continue
        outcome = _outcome(known.get(facts.id), facts)
        outcomes.append(RowOutcome(row.line, outcome))
        if outcome != "unchanged":
            changes.append(facts)
    report = ImportReport(tuple(outcomes))
    return DirectoryPlan(report, tuple(changes) if report.applied else ())


def _outcome(known: DepartmentFacts | DoctorFacts | None, facts: DepartmentFacts | DoctorFacts) -> Outcome:
    if known is None:
        return "added"
    return "unchanged" if known == facts else "changed"


def _common_faults(row: SheetRow, *, earlier: int) -> list[Fault]:
    faults = []
    if earlier != row.line:
        faults.append(Fault("duplicate", str(earlier)))
    id = row.cell("id")
    if not _SLUG.fullmatch(id):
        faults.append(Fault("id_invalid" if id else "id_missing", id[:60]))
    if not row.cell("name"):
        faults.append(Fault("name_missing"))
    if row.cell(EXTRA_CELLS):
        faults.append(Fault("too_many_cells"))
    return faults
