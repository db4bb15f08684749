"""What changed between two contents: field by field, and word by word where there are words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from difflib import SequenceMatcher
from typing import Literal

from caredesk.knowledge_base.schemas import EntryContent, FieldChange, Piece

Split = Callable[[str], Sequence[str]]
"""Cuts a text into words without losing a character."""

FIELDS = (
    *("question", "similar", "answer", "category", "audience", "live", "owner", "source"),
    *("valid_from", "valid_until", "recheck_on", "popular", "attachments"),
)
REWRITTEN = 0.3
"""With less than this in common a text was rewritten and not changed."""
IN_WORDS = frozenset({"question", "answer", "source"})


def changes_between(before: EntryContent | None, after: EntryContent, *, split: Split) -> list[FieldChange]:
    """Return the fields that differ; before the first version everything was empty."""
    changes = []
    for field in FIELDS:
        old, new = field_text(before, field=field) if before else "", field_text(after, field=field)
        if old != new:
            pieces = word_pieces(old, new, split=split) if field in IN_WORDS else line_pieces(old, new)
            changes.append(FieldChange(field=field, before=old, after=new, pieces=pieces))
    return changes


def field_text(content: EntryContent, *, field: str) -> str:
    """Return a field as a person reads it; lists stand in lines."""
    value = getattr(content, field)
    if field == "similar":
        return "\n".join(content.similar)
    if field == "attachments":
        return "\n".join(file.name for file in content.attachments)
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.isoformat() if isinstance(value, date) else str(value or "")


def word_pieces(before: str, after: str, *, split: Split) -> list[Piece]:
    """Return a text's change word by word; lines that stayed are found first, so that long answers stay quick."""
    pieces: list[Piece] = []
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            _add(pieces, "same", "".join(old[a:b]))
        else:
            _add_changed(pieces, split("".join(old[a:b])), split("".join(new[c:d])))
    return pieces


def line_pieces(before: str, after: str) -> list[Piece]:
    """Return a list's change line by line."""
    pieces: list[Piece] = []
    _add_changed(pieces, [f"{line}\n" for line in before.splitlines()], [f"{line}\n" for line in after.splitlines()])
    return pieces


def _add_changed(pieces: list[Piece], old: Sequence[str], new: Sequence[str]) -> None:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < REWRITTEN:
        # Stray words in common would tear two different sentences into shreds.
        _add(pieces, "removed", "".join(old))
        _add(pieces, "added", "".join(new))
        return
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            _add(pieces, "same", "".join(old[a:b]))
        else:
            _add(pieces, "removed", "".join(old[a:b]))
            _add(pieces, "added", "".join(new[c:d]))


def _add(pieces: list[Piece], kind: Literal["same", "removed", "added"], text: str) -> None:
    if not text:
        return
    if pieces and pieces[-1].kind == kind:
        pieces[-1] = Piece(kind=kind, text=pieces[-1].text + text)
    else:
        pieces.append(Piece(kind=kind, text=text))
