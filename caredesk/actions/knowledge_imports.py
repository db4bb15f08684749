"""Importing by hand: the difference first, then all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pydantic import BaseModel
from sqlalchemy.orm import Session

from caredesk.actions.knowledge import content_of, filled_up, import_entries
from caredesk.actions.knowledge_views import split_words
from caredesk.core.work import Work
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.errors import PlanChanged
from caredesk.knowledge_base.files import table_of
from caredesk.knowledge_base.history import changes_between
from caredesk.knowledge_base.manuals import is_manual, manual_table
from caredesk.knowledge_base.models import KbEntry, KbVersion
from caredesk.knowledge_base.rules import check_table
from caredesk.knowledge_base.schemas import (
    CheckedRow,
    CheckedTable,
    FieldChange,
    ImportReport,
    RowOutcome,
)

MOST_SHOWN = 500
"""Rows with their difference that a preview carries; the counts are always whole."""


class PlannedRow(BaseModel):
    """What the import will do with one row, or with an entry that the file leaves out (row None)."""

    row: int | None
    id: str
    question: str
    outcome: RowOutcome
    reasons: list[str] = []
    changes: list[FieldChange] = []


class ImportPlan(BaseModel):
    """The difference before anything is applied; `fingerprint` says over which base it was made."""

    fingerprint: str
    counts: dict[RowOutcome, int]
    rows: list[PlannedRow]
    notices: list[str]
    is_manual: bool


def read_upload(data: bytes, *, name: str) -> CheckedTable:
    """Read and check an uploaded table or manual. Raises UnreadableTable or MissingColumns."""
    table = manual_table(data, name=name) if is_manual(name) else table_of(data, name=name)
    return check_table(table)


def plan_import(session: Session, table: CheckedTable, *, name: str, replace: bool) -> ImportPlan:
    """Tell what the import would do, row by row and field by field."""
    known = {entry.id: entry for entry in queries.list_all(session)}
    newest = queries.latest_versions(session)
    rows = [_planned(row, table=table, entry=known.get(row.entry_id), newest=newest) for row in table.rows]
    if replace:
        kept = {row.entry_id for row in table.rows}
        rows.extend(_left_out(known.values(), kept=kept, newest=newest))
    outcomes: tuple[RowOutcome, ...] = ("added", "changed", "unchanged", "retired", "refused")
    # What needs a look comes first; what stays as it is, last.
    order = {outcome: place for place, outcome in enumerate(("refused", "retired", "changed", "added", "unchanged"))}
    return ImportPlan(
        fingerprint=_fingerprint(rows),
        counts={outcome: sum(row.outcome == outcome for row in rows) for outcome in outcomes},
        rows=sorted(rows, key=lambda row: (order[row.outcome], row.row or 0))[:MOST_SHOWN],
        notices=list(table.notices),
        is_manual=is_manual(name),
    )


def apply_import(work: Work, table: CheckedTable, *, name: str, replace: bool, fingerprint: str) -> ImportReport:
    """Bring the file in as drafts, if it still does what was shown. Raises PlanChanged."""
    queries.lock_entries(work.session)
    plan = plan_import(work.session, table, name=name, replace=replace)
    if plan.fingerprint != fingerprint:
        raise PlanChanged
    origin = "manual" if plan.is_manual else "import"
    return import_entries(work, table, replace=replace, publish=False, origin=origin)


def _planned(
    row: CheckedRow, *, table: CheckedTable, entry: KbEntry | None, newest: dict[str, KbVersion]
) -> PlannedRow:
    if row.content is None:
        return PlannedRow(row=row.number, id=row.entry_id, question="", outcome="refused", reasons=list(row.problems))
    version = newest.get(row.entry_id)
    content = filled_up(row.content, newest=version, absent=table.absent)
    before = content_of(version) if version is not None else None
    retired = entry is not None and entry.state == "retired"
    changes = changes_between(before, content, split=split_words) if before is not None else []
    outcome: RowOutcome = "added" if before is None or retired else "changed" if changes else "unchanged"
    return PlannedRow(row=row.number, id=row.entry_id, question=content.question, outcome=outcome, changes=changes)


def _left_out(entries: Iterable[KbEntry], *, kept: set[str], newest: dict[str, KbVersion]) -> list[PlannedRow]:
    return [
        PlannedRow(row=None, id=entry.id, question=newest[entry.id].question, outcome="retired")
        for entry in entries
        if entry.id not in kept and entry.state != "retired"
    ]


def _fingerprint(rows: Iterable[PlannedRow]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.model_dump_json().encode())
    return digest.hexdigest()
