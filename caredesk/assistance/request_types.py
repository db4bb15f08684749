"""What a doctor can ask for: types with their forms, clocks and words, as data that a hospital edits."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from caredesk.assistance.errors import RequestTypeInvalid

DATA = Path(__file__).parent / "data" / "request_types.yaml"

Key = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, Field(min_length=1, max_length=60)]
Script = Annotated[str, Field(max_length=600)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldChoice(_Data):
    """One answer of a choice field."""

    key: Key
    zh: Words
    en: Words


class FormField(_Data):
    """One thing that is asked before a request is sent."""

    key: Key
    zh: Words
    en: Words
    kind: Literal["text", "choice"] = "text"
    required: bool = False
    limit: Annotated[int, Field(ge=1, le=500)] = 200
    choices: Annotated[tuple[FieldChoice, ...], Field(max_length=12)] = ()

    @model_validator(mode="after")
    def _a_choice_has_choices(self) -> FormField:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("choices_and_kind_differ")
        return self


class Clocks(_Data):
    """Within how many seconds of being raised something must have happened; none where nothing is measured."""

    accept: Seconds | None = 30
    attempt: Seconds | None = None
    report: Seconds | None = None


class RequestType(_Data):
    """One kind of request.

    `about` says whether it concerns one booked patient. `in_session_first` puts it ahead of ordinary work while the
    doctor's session runs (B10). `ladder` names the call-up that begins with it. `after_session` says what becomes of
    it when the session ends: closed with its reason, handed over to the next session of the doctor or the department
    (and closed when there is none within a day), or kept. `pictures` is how many may be shown with it at once.
    """

    key: Key
    zh: Words
    en: Words
    hint_zh: Annotated[str, Field(max_length=120)] = ""
    hint_en: Annotated[str, Field(max_length=120)] = ""
    roles: Annotated[tuple[Literal["doctor", "nurse", "pharmacist", "desk"], ...], Field(min_length=1)] = ("doctor",)
    about: Literal["patient", "nobody"] = "nobody"
    in_session_first: bool = False
    ladder: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_]*$")] = ""
    after_session: Literal["close", "hand_over", "keep"] = "keep"
    clocks: Clocks = Clocks()
    pictures: Annotated[int, Field(ge=0, le=6)] = 0
    form: Annotated[tuple[FormField, ...], Field(max_length=8)] = ()
    script_zh: Script = ""
    script_en: Script = ""
    active: bool = True

    @model_validator(mode="after")
    def _a_ladder_calls_somebody(self) -> RequestType:
        if self.ladder and self.about != "patient":
            raise ValueError("ladder_without_patient")
        if len({one.key for one in self.form}) < len(self.form):
            raise ValueError("field_twice")
        return self


@lru_cache(maxsize=1)
def default_types() -> tuple[RequestType, ...]:
    """Return the types a hospital begins with, in their order."""
    return tuple(parse_type(one) for one in yaml.safe_load(DATA.read_text("utf-8")))


def parse_type(data: object) -> RequestType:
    """Read a type from data; `RequestTypeInvalid` names every fault by its place."""
    try:
        return RequestType.model_validate(data)
    except ValidationError as invalid:
        raise RequestTypeInvalid(problems=[_problem(error) for error in invalid.errors()]) from None


def _problem(error: ErrorDetails) -> str:
    # The name of an unknown field is the sender's word, and no answer repeats those.
    where = [*error["loc"][:-1], "*"] if error["type"] == "extra_forbidden" else error["loc"]
    reason = str(error.get("ctx", {}).get("error", "")) or str(error["type"])
    return f"{'.'.join(map(str, where)) or '*'}: {reason}"
