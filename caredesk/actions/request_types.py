"""The types of requests as an administrator edits them: one change at a time, refused when somebody was faster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caredesk.assistance import queries
from caredesk.assistance.errors import RequestTypeChanged, RequestTypeInvalid
from caredesk.assistance.request_types import RequestType, parse_type
from caredesk.conversations.rules import tidy_text
from caredesk.core.work import Work


def change_type(work: Work, *, key: str, data: Mapping[str, Any], expected: int) -> int:
    """Keep a type, or add one; `expected` is the version that was edited. Return the new version."""
    # Lengths are judged first: tidying takes the square of what some texts are long.
    kind: RequestType = parse_type(_tidy(parse_type(data).model_dump(mode="json")))
    if kind.key != key:
        raise RequestTypeInvalid(problems=["key: differs_from_address"])
    known = [one.key for one in queries.list_types(work.session)]
    if queries.versions_of_types(work.session).get(key, 0) != expected:
        raise RequestTypeChanged
    position = known.index(key) if key in known else len(known)
    return queries.put_type(work.session, kind, position=position, by=work.actor.name, now=work.now)


def _tidy(value: object) -> object:
    """Return data without what is never stored in any of its words."""
    if isinstance(value, str):
        return tidy_text(value)
    if isinstance(value, Mapping):
        return {name: _tidy(one) for name, one in value.items()}
    return [_tidy(one) for one in value] if isinstance(value, list) else value
