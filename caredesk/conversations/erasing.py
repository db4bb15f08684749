"""Pure: what stays of a timeline's body and of an event when their words go. Apart because rows and events share it."""

from __future__ import annotations

from typing import Any

SAID_BY_THE_DESK = frozenset(
    {
        "name", "by", "to", "from", "by_name", "to_name", "code", "category", "outcome", "score", "field", "format",
        "queue", "status", "kind", "transferred", "next_open", "promised_at", "until", "at",
    }
)  # fmt: skip
"""Fields of notices that stay: names of staff, times and codes. Whatever else a notice tells may be a family's."""

NOTHING: dict[str, Any] = {"kind": "text", "text": ""}


def blank_body(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body without words: a notice keeps its code and fields, all else becomes an empty text."""
    if body.get("kind") != "notice":
        return dict(NOTHING)
    fields = {name: value if name in SAID_BY_THE_DESK else "" for name, value in body.get("fields", {}).items()}
    return {**body, "fields": fields}


def blank_event(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a stored event without words; its number, type and time stay."""
    told = dict(payload)
    for name in ("message", "entry"):
        if isinstance(one := payload.get(name), dict):
            unnamed = {"author_name": ""} if one.get("author") == "visitor" else {}
            told[name] = {**one, "body": blank_body(one.get("body", {})), **unnamed}
    return told
