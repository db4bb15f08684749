"""An outage that lasts suggests an incident: once, whoever sees it, and no longer when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from caredesk.continuity.incident_rules import kinds, outages
from caredesk.edge.condition import Condition
from caredesk.events.continuity_shapes import DependencyTrouble
from caredesk.infra.outages import OutageAlerts
from tests.fixtures.desk import DeskForTests


def see(desk: DeskForTests, *watchers: OutageAlerts, hotline: str) -> list[str]:
    """Have looks agree on how the telephone stands, and return of what alerts are raised and ended since the start."""
    for _ in range(3):
        desk.services.condition.note({"hotline": hotline}, at=desk.clock.now())
        for one in watchers:
            one.follow(desk.services)
    return [alert.code for alert in desk.push.of_type("alert.raised")]


def ended(desk: DeskForTests) -> int:
    return sum(event.alert.ended_at is not None for event in desk.push.of_type("alert.changed"))


def test_an_outage_that_lasts_raises_one_alert_however_many_see_it_and_its_end_ends_it(desk: DeskForTests) -> None:
    first, second = OutageAlerts(), OutageAlerts()
    assert see(desk, first, second, hotline="trunk") == []
    desk.clock.advance(seconds=outages()["hotline"].after.total_seconds())
    assert see(desk, first, second, hotline="trunk") == ["outage_hotline"]
    (trouble,) = desk.services.condition.now().troubles
    assert trouble.incident_kind == "hotline"
    assert see(desk, first, second, hotline="") == ["outage_hotline"]
    assert ended(desk) == 1
    # A process that ends meanwhile leaves its alert behind; the next to begin takes it up.
    assert see(desk, first, hotline="silent") == ["outage_hotline"]
    desk.clock.advance(hours=1)
    assert see(desk, first, hotline="silent") == ["outage_hotline"] * 2
    for _ in range(8):
        see(desk, hotline="")
    OutageAlerts().follow(desk.services)
    assert ended(desk) == 2


def test_whoever_has_not_seen_the_end_of_it_yet_does_not_suggest_it_again(desk: DeskForTests) -> None:
    other = replace(desk.services, condition=Condition())
    first, late = OutageAlerts(), OutageAlerts()
    for _ in range(2):
        other.condition.note({"hotline": "trunk"}, at=desk.clock.now())
    see(desk, first, hotline="trunk")
    desk.clock.advance(hours=1)
    see(desk, first, hotline="trunk")
    late.follow(other)
    see(desk, first, hotline="")
    assert ended(desk) == 1
    late.follow(other)
    assert [alert.code for alert in desk.push.of_type("alert.raised")] == ["outage_hotline"]


def test_everything_that_can_fail_suggests_a_kind_that_is_known_after_some_minutes() -> None:
    names = set(DependencyTrouble.model_fields["name"].annotation.__args__)  # type: ignore[union-attr]
    assert names == set(outages())
    assert {one.kind for one in outages().values()} <= set(kinds())
    assert all(timedelta(minutes=1) <= one.after <= timedelta(hours=1) for one in outages().values())
