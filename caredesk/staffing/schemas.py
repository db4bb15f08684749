"""What of staffing's assumptions a supervisor may see and change, with the limits of sense."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from caredesk.staffing.assumptions import Assumptions, ChannelUse, Profile

Rate = Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=10, le=7200)]


class Shape(BaseModel):
    """A frozen shape that takes no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProfileForm(Shape):
    """Contacts that one visit causes before, during and after its session, and contacts of an open hour without any."""

    before: Rate
    during: Rate
    after: Rate
    base_per_hour: float = Field(ge=0, le=500, allow_inf_nan=False)


class AssumptionsForm(Shape):
    """What a supervisor says of the clinic: visits, contacts, channels, patience, and the level that is wanted."""

    follows_clinic: ProfileForm
    fixed_hours: ProfileForm
    assistants: ProfileForm
    fill: float = Field(ge=0.05, le=1, allow_inf_nan=False)
    visits_per_hour: float = Field(gt=0, le=60, allow_inf_nan=False)
    chat_seconds: Seconds
    call_seconds: Seconds
    call_share: float = Field(ge=0, le=1, allow_inf_nan=False)
    slots: int = Field(ge=1, le=10)
    patience_seconds: Seconds
    shrinkage: float = Field(ge=0, le=0.6, allow_inf_nan=False)
    share: float = Field(ge=0.5, le=0.99, allow_inf_nan=False)
    max_occupancy: float = Field(ge=0.5, le=0.98, allow_inf_nan=False)


class AssumptionsVersionView(Shape):
    """One version: who said what, when and why."""

    version: int
    at: datetime
    by: str
    note: str
    values: AssumptionsForm


class AssumptionsView(Shape):
    """What holds now (version 0: what the desk came with), and who changed what, newest first."""

    version: int
    values: AssumptionsForm
    defaults: AssumptionsForm
    history: list[AssumptionsVersionView]


class ChangeAssumptions(Shape):
    """New values in place of a version that was looked at; refused when somebody else was faster."""

    version: int = Field(ge=0)
    values: AssumptionsForm
    note: str = Field(default="", max_length=200)


PROFILES: tuple[Literal["follows_clinic", "fixed_hours", "assistants"], ...] = (
    "follows_clinic",
    "fixed_hours",
    "assistants",
)


def form_of(assumptions: Assumptions) -> AssumptionsForm:
    """Return assumptions as a supervisor sees them."""
    chat, call = assumptions.channels["webchat"], assumptions.channels["call"]
    profiles = {name: ProfileForm(**asdict(assumptions.profiles[name])) for name in PROFILES}
    return AssumptionsForm(
        **profiles,
        fill=assumptions.fill,
        visits_per_hour=assumptions.visits_per_hour,
        chat_seconds=round(chat.handling_seconds),
        call_seconds=round(call.handling_seconds),
        call_share=call.share,
        slots=assumptions.slots,
        patience_seconds=round(assumptions.patience_seconds),
        shrinkage=assumptions.shrinkage,
        share=assumptions.share,
        max_occupancy=assumptions.max_occupancy,
    )


def with_form(assumptions: Assumptions, form: AssumptionsForm) -> Assumptions:
    """Return assumptions with what a supervisor said in place of what the desk came with."""
    return replace(
        assumptions,
        profiles={name: Profile(**getattr(form, name).model_dump()) for name in PROFILES},
        channels={
            "webchat": ChannelUse(1 - form.call_share, form.chat_seconds, exclusive=False),
            "call": ChannelUse(form.call_share, form.call_seconds, exclusive=True),
        },
        fill=form.fill,
        visits_per_hour=form.visits_per_hour,
        slots=form.slots,
        patience_seconds=form.patience_seconds,
        shrinkage=form.shrinkage,
        share=form.share,
        max_occupancy=form.max_occupancy,
    )
