"""Pure decisions about assist requests: forms, clocks, and the one state that a doctor sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from caredesk.assistance.errors import RequestFormInvalid
from caredesk.assistance.request_types import Clocks, FormField, RequestType

RequestState = Literal["waiting", "left", "accepted", "calling", "promised", "arrived", "withdrawn", "closed"]
Clock = Literal["accept", "attempt", "report"]


@dataclass(frozen=True)
class Standing:
    """What decides the state: the conversation's status and what has happened to the request."""

    status: str
    attempted: bool = False
    promised: bool = False
    arrived: bool = False
    outcome: str = ""


def state_of(standing: Standing) -> RequestState:
    """Return the one state that a doctor sees; what has ended outranks what was on the way."""
    if standing.arrived:
        return "arrived"
    if standing.status == "closed":
        return "withdrawn" if standing.outcome == "withdrawn" else "closed"
    if standing.promised:
        return "promised"
    if standing.status == "active":
        return "calling" if standing.attempted else "accepted"
    return "left" if standing.status == "message" else "waiting"


@dataclass(frozen=True)
class Due:
    """By when a request must be accepted, tried and reported on; none where nothing is measured."""

    accept: datetime | None
    attempt: datetime | None
    report: datetime | None


def due_of(clocks: Clocks, *, raised_at: datetime) -> Due:
    """Return the instants at which the clocks of a request run out."""

    def after(seconds: int | None) -> datetime | None:
        return None if seconds is None else raised_at + timedelta(seconds=seconds)

    return Due(after(clocks.accept), after(clocks.attempt), after(clocks.report))


def is_late(clock: Clock, *, standing: Standing, reported: bool) -> bool:
    """Tell whether what a clock waits for has not happened when it runs out."""
    if standing.status == "closed" or standing.arrived:
        return False
    if clock == "accept":
        return standing.status in ("waiting", "message")
    if clock == "attempt":
        return not standing.attempted
    return not (reported or standing.promised)


def read_form(kind: RequestType, form: Mapping[str, str]) -> dict[str, str]:
    """Return a form as it is stored: known fields only, trimmed; refuse what is missing, too long or no choice."""
    if set(form) - {field.key for field in kind.form}:
        raise RequestFormInvalid(field="*", reason="unknown")
    return {field.key: value for field in kind.form if (value := _read_field(field, form.get(field.key, "").strip()))}


def _read_field(field: FormField, value: str) -> str:
    if not value:
        if field.required:
            raise RequestFormInvalid(field=field.key, reason="missing")
        return ""
    if len(value) > field.limit:
        raise RequestFormInvalid(field=field.key, reason="too_long")
    if field.kind == "choice" and value not in {choice.key for choice in field.choices}:
        raise RequestFormInvalid(field=field.key, reason="no_choice")
    return value


def form_words(kind: RequestType, form: Mapping[str, str]) -> str:
    """Return a form in the words a person reads on the timeline, a line for each field."""
    lines = []
    for field in kind.form:
        value = form.get(field.key, "")
        if value:
            said = next((choice.zh for choice in field.choices if choice.key == value), value)
            lines.append(said if field.key == "text" else f"{field.zh}：{said}")
    return "\n".join(lines)
