"""Cells of tables that people open in a spreadsheet: nothing that somebody typed may become a formula there.

What a parent asks ends up in an editor's table; `=HYPERLINK(…)` in it would run on the editor's machine (OWASP, CSV
injection). Every writer of a CSV or a workbook puts what people typed through `safe_cell`.
"""

from __future__ import annotations

from typing import TypeVar

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Signs with which a formula begins, or which programs pass over before; also as Chinese keyboards write them."""

Cell = TypeVar("Cell")


def safe_cell(cell: Cell) -> Cell | str:
    """Return a cell that no spreadsheet takes for a formula; numbers stay what they are."""
    if isinstance(cell, str) and cell.startswith(BEGINS_A_FORMULA):
        return f"'{cell}"
    return cell


def plain_cell(cell: str) -> str:
    """Return what stood in a cell before `safe_cell`, for tables that come back."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(BEGINS_A_FORMULA) else cell
