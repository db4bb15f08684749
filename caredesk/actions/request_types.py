"""The types of requests as an administrator edits them: one change at a time, refused when somebody was faster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caredesk.assistance import queries
from caredesk.assistance.errors import RequestTypeChanged, RequestTypeInvalid
from caredesk.assistance.request_types import RequestType, parse_type
from caredesk.core.work import Work


def change_type(work: Work, *, key: str, data: Mapping[str, Any], expected: int) -> int:
    """Keep a type, or add one; `expected` is the version that was edited. Return the new version."""
    kind: RequestType = parse_type(data)
    if kind.key != key:
        raise RequestTypeInvalid(problems=["key: differs_from_address"])
    known = [one.key for one in queries.list_types(work.session)]
    if queries.versions_of_types(work.session).get(key, 0) != expected:
        raise RequestTypeChanged
    position = known.index(key) if key in known else len(known)
    return queries.put_type(work.session, kind, position=position, by=work.actor.name, now=work.now)
