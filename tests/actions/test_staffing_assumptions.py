"""What the forecast assumes is changed by a supervisor, kept version by version, and felt by the very next look."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from caredesk.actions import staffing
from caredesk.actions.staffing_assumptions import assumptions_in_use, assumptions_view, change_assumptions
from caredesk.staffing.assumptions import default_assumptions
from caredesk.staffing.errors import AssumptionsMovedOn
from caredesk.staffing.grid import grid_of
from caredesk.staffing.schemas import AssumptionsForm, form_of, with_form
from tests.fixtures.desk import OFFICE, DeskForTests

MONDAY = date(2026, 11, 30)
DEFAULTS = form_of(default_assumptions())


def changed(**values: object) -> AssumptionsForm:
    return AssumptionsForm.model_validate(DEFAULTS.model_dump() | values)


def tell(desk: DeskForTests, values: AssumptionsForm, *, version: int = 0, note: str = "") -> None:
    with desk.write() as work:
        change_assumptions(work, version=version, values=values, note=note)


def contacts(desk: DeskForTests) -> float:
    with desk.read() as session:
        (queue,) = staffing.need_on(session, grid=grid_of(MONDAY, days=1)).queues
        return float(queue.contacts.sum())


def most_needed(desk: DeskForTests) -> int:
    grid = grid_of(MONDAY, days=1)
    with desk.read() as session:
        return max(q.need for q in staffing.coverage(session, since=grid.starts_at, until=grid.ends_at))


def test_what_the_desk_came_with_survives_being_shown_and_taken_back() -> None:
    assert with_form(default_assumptions(), DEFAULTS) == default_assumptions()
    other = changed(fill=0.5, call_share=0.25, call_seconds=200, slots=2)
    assert form_of(with_form(default_assumptions(), other)) == other


def test_a_change_is_felt_by_the_next_look_and_kept_with_its_history(desk: DeskForTests) -> None:
    desk.add_queue(hours=OFFICE)
    before, few = contacts(desk), most_needed(desk)
    busy = {**DEFAULTS.fixed_hours.model_dump(), "base_per_hour": 60.0}
    tell(desk, changed(fixed_hours=busy), note="流感季")
    assert contacts(desk) == pytest.approx(before * 20)
    assert most_needed(desk) > few
    desk.clock.advance(hours=1)
    tell(desk, DEFAULTS, version=1, note="流感过了")
    assert contacts(desk) == pytest.approx(before)
    with desk.read() as session:
        view = assumptions_view(session)
    assert (view.version, view.values, view.defaults) == (2, DEFAULTS, DEFAULTS)
    assert [(one.version, one.note, one.values.fixed_hours.base_per_hour) for one in view.history] == [
        (2, "流感过了", 3.0),
        (1, "流感季", 60.0),
    ]
    assert view.history[0].at - view.history[1].at == timedelta(hours=1)


def test_the_same_values_make_no_version(desk: DeskForTests) -> None:
    tell(desk, DEFAULTS)
    with desk.read() as session:
        assert assumptions_view(session).version == 0
    assert desk.push.of_type("roster.changed") == []


def test_who_looked_at_an_older_version_changes_nothing(desk: DeskForTests) -> None:
    tell(desk, changed(slots=2))
    with pytest.raises(AssumptionsMovedOn):
        tell(desk, changed(slots=5))
    with desk.read() as session:
        assert assumptions_in_use(session).slots == 2


def test_learning_starts_anew_from_other_assumptions(desk: DeskForTests) -> None:
    desk.add_queue(hours=OFFICE)
    desk.waiting_visitor()
    desk.clock.advance(days=2)
    desk.waiting_visitor()
    with desk.read() as session:
        before = staffing.need_on(session, grid=grid_of(MONDAY, days=1)).queues[0].service.patience_seconds
    tell(desk, changed(patience_seconds=1200))
    with desk.read() as session:
        after = staffing.need_on(session, grid=grid_of(MONDAY, days=1)).queues[0].service.patience_seconds
    assert after > before


@pytest.mark.parametrize(
    "wrong",
    [{"fill": 0}, {"slots": 0}, {"share": 1.2}, {"max_occupancy": float("nan")}, {"chat_seconds": 5}, {"more": 1}],
)
def test_senseless_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        changed(**wrong)
