"""How figures are shown: beside their targets for people, as one JSON object for programs."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What a figure should be: at most or at least a limit."""

    limit: float
    at_least: bool = False

    def is_met(self, figure: float) -> bool:
        return figure >= self.limit if self.at_least else figure <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which the given share of the values lies (nearest rank)."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def show(figures: Mapping[str, float], *, targets: Mapping[str, Target], notes: Sequence[str], as_json: bool) -> int:
    """Print the figures; return 0 when every target is met, else 1."""
    met = {name: target.is_met(figures[name]) for name, target in targets.items() if name in figures}
    if as_json:
        limits = {name: target.limit for name, target in targets.items()}
        print(json.dumps({"figures": dict(figures), "targets": limits, "met": met}))
    else:
        for name, value in figures.items():
            target = f"{targets[name]!s:>12} {'met' if met[name] else 'MISSED'}" if name in met else ""
            print(f"{name:<44} {value:>14,.2f} {target}")
        for note in [*notes, machine()]:
            print(note)
    return 0 if all(met.values()) else 1


def machine() -> str:
    """Say in a line what this was measured on."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {sys.platform}, load average {load}"
