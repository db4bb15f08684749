"""What the auditor's page sends and receives."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from caredesk.audit.rules import Fault
from caredesk.events.shapes import Shape

LARGEST_NUMBER = 2**63 - 1


class AuditQuery(BaseModel):
    """A search; empty fields do not matter. Days are the clinic's, both included.

    `who` is an id of a member of staff, or `staff`, `visitor` or `system` for all of a kind. `subject` is typed by
    hand: `kind:id`, an id, a login, or a conversation's number or its end.
    """

    who: str = Field(default="", max_length=60)
    deed: str = Field(default="", max_length=60)
    subject: str = Field(default="", max_length=80)
    why: str = Field(default="", max_length=60)
    since: date | None = None
    until: date | None = None
    before: int | None = Field(default=None, ge=1, le=LARGEST_NUMBER)


class AuditSpan(BaseModel):
    """Which days are taken out; all when nothing is said."""

    since: date | None = None
    until: date | None = None


class AuditPath(BaseModel):
    number: int = Field(ge=1, le=LARGEST_NUMBER)


class AuditPerson(Shape):
    """A member of staff by whom one may search, also one whose account is closed."""

    id: str
    login: str
    name: str
    active: bool


class AuditLine(Shape):
    """One entry as a list shows it. `actor_name` and `subject_name` are for reading; ids are what is signed.

    A conversation is named by its number, a member of staff by name, a family by nothing.
    """

    number: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    deed: str
    subject: str
    subject_name: str
    why: str
    record: str
    way: str
    view: str
    request_id: str
    address: str


class AuditPage(Shape):
    """A page of entries, newest first; `before` opens the next one."""

    entries: list[AuditLine]
    before: int | None


class AnchorView(Shape):
    """A signature: up to which entry, when, by which key, and whether it is that key's."""

    number: int
    at: datetime
    key_id: str
    genuine: bool


class AuditDetail(Shape):
    """One entry with its place in the chain.

    `intact`: its columns give its hash. `follows`: the entry before it has the hash that it names. `followed`: the
    entry behind it names its hash; null for the last one. `anchor`: the first signature over it; null while none is.
    """

    entry: AuditLine
    hash: str
    previous: str
    intact: bool
    follows: bool
    followed: bool | None
    anchor: AnchorView | None


class CheckView(Shape):
    """A reading of the whole chain; `broken_number` is null when it was whole."""

    asked_by: str
    """Name of who asked; empty for the nightly one."""
    finished_at: datetime
    first: int
    last: int
    signed_until: int
    broken_number: int | None
    broken_fault: Fault | None


class AuditState(Shape):
    """How the chain stands: how long it is, how far it is signed, what the last reading found, whether one is due."""

    length: int
    anchor: AnchorView | None
    check: CheckView | None
    checking: bool
    people: list[AuditPerson]


class BackupDone(Shape):
    """A backup that was made; `size` in bytes, sealed."""

    name: str
    at: datetime
    size: int


class DrillDone(Shape):
    """A drill: whether it passed, how long a whole desk took, and how old the backup was, which would be lost."""

    name: str
    at: datetime
    passed: bool
    recovery_seconds: float
    lost_seconds: float


class BackupsState(Shape):
    """The last backup and the last drill, and whether either is overdue; `failed_at` when the last attempt failed.

    `wanted` is false until somebody has made a key to seal to.
    """

    wanted: bool
    backup: BackupDone | None
    backup_overdue: bool
    failed_at: datetime | None
    fault: str
    drill: DrillDone | None
    drill_overdue: bool
