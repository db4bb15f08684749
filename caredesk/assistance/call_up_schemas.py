"""The ladder as data, and what screens are told of a call-up."""

from __future__ import annotations

from datetime import datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from caredesk.assistance.call_up_errors import LadderInvalid, LadderUnknown
from caredesk.events.shapes import Shape

DATA = Path(__file__).parent / "data" / "ladders.yaml"

Channel = Literal["in_app", "wechat", "sms", "telephone"]
LegState = Literal["planned", "sending", "sent", "delivered", "answered", "failed", "skipped"]
Outcome = Literal[
    "coming", "promised", "no_answer", "refused", "wrong_number", "device_trouble", "already_visited", "arrived"
]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Key = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuietHours(_Data):
    """Hours at the clinic's clock in which families are left in peace; they may cross midnight."""

    begins: time
    ends: time
    then: Literal["skip", "wait"] = "skip"

    @model_validator(mode="after")
    def _they_last(self) -> QuietHours:
        if self.begins == self.ends:
            raise ValueError("quiet_hours_empty")
        return self


class Step(_Data):
    """One rung: everybody of the family is told by one channel, then there is a pause."""

    channel: Channel
    text: Literal["call_up", "reminder"]
    wait: Seconds = 60
    attempts: Annotated[int, Field(ge=1, le=5)] = 1
    answer_within: Annotated[int, Field(ge=10, le=86_400)] = 300
    quiet: QuietHours | None = None


class Ladder(_Data):
    """The steps by which a family is called, in their order."""

    key: Key
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=12)]


class DeadLeg(Shape):
    """A message that could not be sent however often it was tried; a person may have it sent again."""

    id: str
    call_up_id: str
    request_id: str
    channel: Channel
    to: str
    error: str
    tries: int
    planned_at: datetime


class ConsentView(Shape):
    """Whether a guardian may be written to by a channel; `at` is none while it is only the desk's default."""

    channel: Channel
    allowed: bool
    at: datetime | None
    by: str


class ChannelShare(Shape):
    """Of a channel: the call-ups in which it reached somebody, and those it was the last to before they came."""

    channel: Channel
    tried: int
    succeeded: int


class CallUpTally(Shape):
    """How calling families went; what each figure means stands in `call_up_figures`."""

    called: int
    arrived: int
    median_seconds: int | None
    waited_minutes: int
    channels: list[ChannelShare]


class DepartmentTally(Shape):
    """The same of one department; without a visit the names are empty."""

    department: str
    department_en: str
    tally: CallUpTally


class CallUpFigures(CallUpTally):
    """The same of all departments in a stretch of time, and of each."""

    since: datetime
    until: datetime
    departments: list[DepartmentTally]


@lru_cache(maxsize=1)
def package_ladders() -> dict[str, Ladder]:
    """Return the ladders a hospital begins with."""
    return {one.key: one for one in map(parse_ladder, yaml.safe_load(DATA.read_text("utf-8")))}


def package_ladder(key: str) -> Ladder:
    """Return a ladder of the package, or raise."""
    if key not in package_ladders():
        raise LadderUnknown
    return package_ladders()[key]


def parse_ladder(data: object) -> Ladder:
    """Read a ladder from data; `LadderInvalid` names every fault by its place."""
    try:
        return Ladder.model_validate(data)
    except ValidationError as invalid:
        raise LadderInvalid(problems=[_problem(error) for error in invalid.errors()]) from None


def _problem(error: ErrorDetails) -> str:
    # The name of an unknown field is the sender's word, and no answer repeats those.
    where = [*error["loc"][:-1], "*"] if error["type"] == "extra_forbidden" else error["loc"]
    reason = str(error.get("ctx", {}).get("error", "")) or str(error["type"])
    return f"{'.'.join(map(str, where)) or '*'}: {reason}"
