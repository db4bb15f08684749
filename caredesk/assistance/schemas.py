"""What the assistant's card shows of a request."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caredesk.assistance.request_types import RequestType
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.events.shapes import Shape


class CallVisit(Shape):
    """The booked visit that a request is about; the child masked."""

    child: str
    sex: str
    age: str
    age_en: str
    department: str
    department_en: str
    doctor: str
    doctor_en: str
    starts_at: datetime
    kind: str
    status: str
    number_in_line: int | None


class GuardianToCall(Shape):
    """Somebody who acts for the child, masked, in the order in which they are called."""

    id: str
    name: str
    relation: str
    phone: str
    trouble: Literal["", "no_phone", "bad_phone", "wrong_number"]
    last_seen_at: datetime | None


class AssistCard(Shape):
    """Everything an assistant needs to help: what is asked, about whom, whom to call, what to say, what was before."""

    request: AssistRequestView
    kind: RequestType
    form: dict[str, str]
    visit: CallVisit | None
    guardians: list[GuardianToCall]
    script: str
    script_en: str
    earlier: list[AssistRequestView]
    may_report: bool


class PatientToCall(Shape):
    """Somebody who still waits to be seen, masked, and how calling them stands; empty words when nobody was called."""

    appointment_id: str
    child: str
    starts_at: datetime
    kind: str
    status: str
    number_in_line: int | None
    online: bool
    last_seen_at: datetime | None
    request_state: Literal["", "waiting", "left", "accepted", "calling", "promised", "arrived", "withdrawn", "closed"]
    request_outcome: str
    promised_at: datetime | None
    called_at: datetime | None


class SessionToCall(Shape):
    """A session whose families may be called now."""

    id: str
    department: str
    department_en: str
    doctor: str
    doctor_en: str
    starts_at: datetime
    ends_at: datetime
    running: bool
    patients: list[PatientToCall]


class RequestTypeLine(Shape):
    """A type as the administrator edits it; version 0 is the package's own."""

    type: RequestType
    version: int


class RequestTypes(Shape):
    """Every type, also those that are not in use."""

    types: list[RequestTypeLine]
