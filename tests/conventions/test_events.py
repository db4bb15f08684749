"""Every event has an audience that its kind allows, is in the catalogue, and is understood by the page it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from caredesk.core.audience import patient_of
from caredesk.core.event import Event, PatientEvent, StaffEvent
from caredesk.events.catalogue import CATALOGUE, PatientEvents, SignedOut, StaffEvents
from tests.conventions.source import ROOT, calls, modules
from tests.fixtures.hostile import valid_payload

CONSOLE = ROOT / "web" / "console" / "live" / "apply.ts"
WIDGET = ROOT / "web" / "widget" / "core" / "thread.ts"
UNDER_OTHER_NAMES = {"status.changed": "this.learn(event.conversation)"}
"""What the parent's page understands without naming it: whatever else is stored carries the new state."""


def shapes_below(kind: type[Event]) -> Iterator[type[Event]]:
    """Yield every event that says what it is; the classes between have no type of their own."""
    for shape in kind.__subclasses__():
        if shape.model_fields["type"].default is not None and isinstance(shape.model_fields["type"].default, str):
            yield shape
        yield from shapes_below(shape)


def sample(shape: type[Event]) -> Event:
    return shape.model_validate(valid_payload(shape, known={"type": shape.model_fields["type"].default}))


def types_of(kind: type[Event]) -> list[str]:
    return [shape.model_fields["type"].default for shape in CATALOGUE if issubclass(shape, kind)]


every_event = pytest.mark.parametrize("shape", CATALOGUE, ids=lambda shape: shape.__name__)


def test_every_event_is_in_the_catalogue() -> None:
    assert set(shapes_below(Event)) == {*CATALOGUE, SignedOut}
    in_unions = {*get_args(get_args(PatientEvents)[0]), *get_args(get_args(StaffEvents)[0])}
    assert in_unions == set(CATALOGUE)


def test_types_are_distinct_and_name_what_has_happened() -> None:
    types = [shape.model_fields["type"].default for shape in (*CATALOGUE, SignedOut)]
    assert len(set(types)) == len(types)
    assert [name for name in types if not re.fullmatch(r"[a-z_]+\.[a-z]+(ed|de)", name)] == []


@every_event
def test_an_event_is_for_staff_or_for_one_visitor_and_says_for_whom(shape: type[Event]) -> None:
    assert issubclass(shape, StaffEvent) != issubclass(shape, PatientEvent)
    assert sample(shape).audiences()


@every_event
def test_an_event_reaches_visitors_only_if_it_is_theirs(shape: type[Event]) -> None:
    event = sample(shape)
    to_visitors = [audience for audience in event.audiences() if audience.room.startswith(patient_of("").room)]
    if isinstance(event, PatientEvent):
        assert event.audiences() == (patient_of(event.conversation_id),)
    else:
        assert to_visitors == []


def test_no_other_event_can_choose_a_visitors_room() -> None:
    """Types forbid what the samples above only do not do: the room is made in one place, which is final."""
    makers = [m.name for m in modules() for name, _ in calls(m.tree) if name.rpartition(".")[2] == "patient_of"]
    assert sorted(set(makers)) == ["core/event.py"]
    overridden = [shape for shape in shapes_below(PatientEvent) if "audiences" in vars(shape)]
    assert overridden == []


def test_no_screen_joins_the_desks_own_room() -> None:
    joined = [m.name for m in modules() for name, _ in calls(m.tree) if name.rpartition(".")[2] == "session_of"]
    assert joined == ["events/catalogue.py"]


def test_the_console_understands_every_event_for_staff() -> None:
    cases = set(re.findall(r"^    case '([a-z_.]+)':$", CONSOLE.read_text("utf-8"), re.MULTILINE))
    assert cases == set(types_of(StaffEvent))


def test_the_parents_page_understands_every_event_for_visitors() -> None:
    source = WIDGET.read_text("utf-8")
    known = {name for name in types_of(PatientEvent) if f"'{name}'" in source}
    also = {name for name, line in UNDER_OTHER_NAMES.items() if line in source}
    assert known | also == set(types_of(PatientEvent))
