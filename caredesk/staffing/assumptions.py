"""What staffing assumes until history tells better: `defaults.yaml` beside this file, read once into frozen values."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import yaml

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Profile:
    """Contacts that one visit causes before, during and after its session, and contacts of an open hour without any."""

    before: float
    during: float
    after: float
    base_per_hour: float

    def rates(self) -> tuple[float, float, float, float]:
        """Return the four rates in the order of `exposures`."""
        return self.before, self.during, self.after, self.base_per_hour


@dataclass(frozen=True, slots=True)
class ChannelUse:
    """A channel's share of contacts and what one of them takes."""

    share: float
    handling_seconds: float
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Learning:
    """How much weight an assumption has beside what was seen, in the unit of what was seen."""

    visits: float
    base_hours: float
    season_contacts: float
    doctor_contacts: float
    patience_abandoned: float
    handling_contacts: float


@dataclass(frozen=True, slots=True)
class RosterLimits:
    """What a shift and a week may be."""

    shift_hours: tuple[float, ...]
    start_every_minutes: int
    longest_shift_hours: float
    shortest_shift_hours: float
    most_hours_a_day: float
    most_hours_a_week: float
    rest_hours: float
    break_after_hours: float
    break_minutes: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What a proposal weighs against each other."""

    missing_quarter: float
    surplus_quarter: float
    new_shift: float
    dropped_shift: float
    unfair_hour: float


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Everything that staffing assumes."""

    profiles: dict[str, Profile]
    before_minutes: int
    after_minutes: int
    fill: float
    visits_per_hour: float
    channels: dict[str, ChannelUse]
    slots: int
    patience_seconds: float
    shrinkage: float
    share: float
    max_occupancy: float
    learning: Learning
    roster: RosterLimits
    costs: Costs

    def profile_for(self, *, kind: str, follows_clinic: bool) -> Profile:
        """Return the profile of a queue by what it is."""
        name = "assistants" if kind == "assistant" else "follows_clinic" if follows_clinic else "fixed_hours"
        return self.profiles[name]


@cache
def default_assumptions() -> Assumptions:
    """Return what the file beside this module says."""
    data: dict[str, Any] = yaml.safe_load(
        resources.files("caredesk.staffing").joinpath("defaults.yaml").read_text("utf-8")
    )
    roster = data["roster"] | {"shift_hours": tuple(data["roster"]["shift_hours"])}
    return Assumptions(
        profiles={name: _read(Profile, told) for name, told in data["profiles"].items()},
        channels={name: _read(ChannelUse, told) for name, told in data["channels"].items()},
        learning=_read(Learning, data["learning"]),
        roster=_read(RosterLimits, roster),
        costs=_read(Costs, data["costs"]),
        share=data["target"]["share"],
        max_occupancy=data["target"]["max_occupancy"],
        **{
            name: data[name]
            for name in (
                "before_minutes",
                "after_minutes",
                "fill",
                "visits_per_hour",
                "slots",
                "patience_seconds",
                "shrinkage",
            )
        },
    )


def _read(shape: type[Told], told: dict[str, Any]) -> Told:
    return shape(**{one.name: told[one.name] for one in fields(shape)})  # type: ignore[arg-type]
