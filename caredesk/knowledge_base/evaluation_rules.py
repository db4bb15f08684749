"""Reads uploaded files of labelled questions; pure. What they become is the chatbot's matter."""

from __future__ import annotations

import csv
import io

from pydantic import BaseModel, ConfigDict

from caredesk.core.cells import plain_cell
from caredesk.knowledge_base.review_errors import LabelsInvalid

REQUIRED = ("query", "expected")
MOST_LABELS = 5000
LONGEST_QUERY = 2000


class LabelRow(BaseModel):
    """A question with what should come of it."""

    model_config = ConfigDict(frozen=True)

    query: str
    expected: str
    acceptable: tuple[str, ...] = ()
    slice: str = ""


def read_labels(text: str) -> list[LabelRow]:
    """Return the rows of a CSV with the columns query, expected, acceptable, slice. Raises LabelsInvalid."""
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        columns = [column.strip() for column in table.fieldnames or ()]
        table.fieldnames = columns
        missing = [column for column in REQUIRED if column not in columns]
        if missing:
            raise LabelsInvalid(reason="columns", columns=", ".join(missing))
        rows = [_row(cells, number=number) for number, cells in enumerate(table, start=2)]
    except csv.Error:
        raise LabelsInvalid(reason="no_table", row=table.line_num) from None
    if not rows:
        raise LabelsInvalid(reason="empty")
    if len(rows) > MOST_LABELS:
        raise LabelsInvalid(reason="too_many", most=MOST_LABELS)
    return rows


def _row(cells: dict[str, str | None], *, number: int) -> LabelRow:
    query, expected = plain_cell((cells.get("query") or "").strip()), (cells.get("expected") or "").strip()
    if not query or not expected or len(query) > LONGEST_QUERY or len(expected) > 80 or None in cells:
        raise LabelsInvalid(reason="row", row=number)
    acceptable = tuple(part.strip() for part in (cells.get("acceptable") or "").split("|") if part.strip())
    return LabelRow(
        query=query, expected=expected, acceptable=acceptable, slice=(cells.get("slice") or "").strip()[:40]
    )
