"""The public set: another hospital's base with questions of all kinds, on which nothing is ever tuned.

It comes with the desk, so that every evaluation of one's own base can stand beside one that tells about the engine
alone. A file of its own, because it is data of the package and no rows.
"""

from __future__ import annotations

from pathlib import Path

from caredesk.knowledge_base.evaluation_rules import LabelRow, read_labels
from caredesk.knowledge_base.files import read_table
from caredesk.knowledge_base.rules import check_table
from caredesk.knowledge_base.schemas import EntryContent

FOLDER = Path(__file__).parent / "data"


def public_base() -> list[EntryContent]:
    """Return the entries of the public set."""
    rows = check_table(read_table(FOLDER / "public_base.csv")).rows
    return [row.content for row in rows if row.content is not None]


def public_labels() -> list[LabelRow]:
    """Return the questions of the public set with what should come of them."""
    return read_labels((FOLDER / "public_questions.csv").read_text("utf-8"))
