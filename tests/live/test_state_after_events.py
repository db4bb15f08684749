"""What a screen was given first plus the events it was sent is what it would be given now; after every action.

The mirrors apply events as the pages do. Where an action changes something and tells nobody, the two differ.
"""

from __future__ import annotations

import json

import pytest

from caredesk.actions.match_asking import ask_for_match
from caredesk.events.catalogue import CATALOGUE
from caredesk.patients.rules import mask_name
from tests.fixtures.desk import DeskForTests
from tests.fixtures.recording import FILE, recorded
from tests.fixtures.records import ADDRESS, ID_NUMBER, PHONE
from tests.fixtures.story import Story


@pytest.fixture
def story(desk: DeskForTests) -> Story:
    begun = Story(desk)
    begun.begin()
    return begun


SAY_NOTHING_OF_STATE = {"someone.typed", "agent.typed", "schedule.changed", "roster.changed", "parcel.changed"}
# Requests and calls have days of their own; trouble is of the house and of none of these screens' lists, and
# tests/surfaces/test_standby.py and tests/actions/test_incidents.py tell of it.
DAY_OF_ITS_OWN = {"assist.changed", "call.changed", "condition.changed", "incident.changed"}


def test_after_every_action_every_screen_shows_what_it_would_fetch(story: Story, pytestconfig: pytest.Config) -> None:
    done = 0
    for step in story.steps():
        story.settle()
        done += 1
        for login, console in story.consoles.items():
            shown, fetched = console.shown(), console.fetched()
            for part, content in fetched.items():
                assert shown[part] == content, f"{step}: {part} of {login}"
        for name, page in story.pages.items():
            assert page.shown() == page.fetched(), f"{step}: the page of {name}"
    assert done > 50
    night = story.queues["night"]
    for event in story.consoles["night-boss"].heard:
        if event["type"] == "conversation.changed":
            assert night in (event["conversation"]["queue_id"], event["previous_queue_id"])
    heard = {event["type"] for screen in (*story.consoles.values(), *story.pages.values()) for event in screen.heard}
    # Typing leaves nothing behind; calendar, roster and parcels only say that there is news to fetch.
    told = {shape.model_fields["type"].default for shape in CATALOGUE}
    assert heard == told - SAY_NOTHING_OF_STATE - DAY_OF_ITS_OWN
    tell_nobody_who_families_are(story)
    compare_with_record(recorded(story), anew=bool(pytestconfig.getoption("--record")))


def tell_nobody_who_families_are(story: Story) -> None:
    """Families are masked in what is pushed, too, and to whomever (B61)."""
    screens = (*story.consoles.values(), *story.pages.values())
    pushed = json.dumps([event for screen in screens for event in screen.heard], ensure_ascii=False)
    assert mask_name("王小明") in pushed
    assert [known for known in ("王小明", "王乐乐", PHONE, ADDRESS, ID_NUMBER) if known in pushed] == []


def compare_with_record(today: str, *, anew: bool) -> None:
    """Hold the day against the file that the front end's tests read."""
    if anew:
        FILE.write_text(today, "utf-8")
    assert FILE.read_text("utf-8") == today, "run `pytest tests/live --record` and look at what has changed"


def test_a_line_in_constant_motion_is_told_its_places_all_the_same(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    _, conversation_id = desk.waiting_visitor()
    told = []
    for _ in range(8):
        with desk.write() as work:
            ask_for_match(work, queue_id=queue_id, trigger="arrival")
        desk.run_jobs()
        desk.clock.advance(seconds=0.4)
        told.append(len(desk.push.of_type("place.changed")))
    assert told[-1] >= 2
    assert {place.conversation_id for place in desk.push.of_type("place.changed")} == {conversation_id}
