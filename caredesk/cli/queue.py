"""`caredesk queue`: is a queue open, why, and until when."""

from __future__ import annotations

from datetime import datetime

import click

from caredesk.actions.clinic import QueueHours, list_queue_states
from caredesk.cli import queue_policy
from caredesk.cli.desk import open_desk, print_json, refuse
from caredesk.cli.queue_simulate import simulate
from caredesk.clinic.hours import Window
from caredesk.clinic.words import hours_sentence, reason_words
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.core.errors import CareDeskError
from caredesk.edge.transactions import read

YEARS = range(2000, 2101)


class Instant(click.ParamType[datetime]):
    """An ISO time; without an offset it is the clinic's wall clock."""

    name = "iso-time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or end the command as wrong usage."""
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no ISO time such as 2026-03-02T08:00+08:00", param, ctx)
        if at.year not in YEARS:
            self.fail(f"{value!r} lies outside the years {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return from_clinic(at)


@click.group(help="Look at the queues.")
def queue() -> None:
    """Group the commands."""


for command in (
    queue_policy.policy,
    queue_policy.replay,
    queue_policy.honesty,
    queue_policy.out_of_order,
    queue_policy.faults,
):
    queue.add_command(command)


@queue.command()
@click.option(
    "--at", type=Instant(), help="Instant to look at, ISO; without an offset it is clinic time. Default: now."
)
@click.option(
    "--as-of",
    type=Instant(),
    help="Answer by the schedule and hours that were valid at this instant. Default: today's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the states as JSON.")
def status(*, at: datetime | None, as_of: datetime | None, as_json: bool) -> None:
    """Tell of each queue whether it is open, why, and when that changes."""
    with open_desk() as services:
        instant = at or services.clock.now()
        with read(services) as session:
            try:
                states = list_queue_states(session, at=instant, as_of=as_of)
            except CareDeskError as error:
                refuse(str(error))
                raise
    if as_json:
        print_json({"at": instant, "queues": [_as_json(hours, at=instant) for hours in states]})
    else:
        _print(states, at=instant)


queue.add_command(simulate)


def _as_json(hours: QueueHours, *, at: datetime) -> dict[str, object]:
    queue, state = hours.queue, hours.state
    return {
        "id": queue.id,
        "key": queue.key,
        "name": queue.name,
        "name_en": queue.name_en,
        "kind": queue.kind,
        "open": state.open,
        "reason": state.reason,
        "why": {language: reason_words(state.reason, language=language) for language in ("zh", "en")},
        "sentence": {language: hours_sentence(state, at=at, language=language) for language in ("zh", "en")},
        "next_change": state.next_change,
        "next_open": state.next_open,
        "sessions": [_session_as_json(window) for window in state.sessions],
    }


def _session_as_json(window: Window) -> dict[str, object]:
    return {
        "id": window.session_id,
        "department": window.label,
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "cancelled": window.cancelled,
    }


def _print(states: list[QueueHours], *, at: datetime) -> None:
    click.echo(f"{clinic_time(at):%Y-%m-%d %H:%M %z}")
    for hours in states:
        queue, state = hours.queue, hours.state
        click.echo(f"{queue.key:<12} {queue.name} · {queue.name_en}  [{state.reason}]")
        for language in ("zh", "en"):
            click.echo(f"{'':<12} {hours_sentence(state, at=at, language=language)}")
        if state.sessions:
            departments = "、".join(dict.fromkeys(window.label for window in state.sessions))
            click.echo(f"{'':<12} {departments}")
    if not states:
        click.echo("There are no queues yet; `caredesk demo load` makes some.")
