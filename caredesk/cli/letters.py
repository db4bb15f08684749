"""What every family of commands does with messages that were given up: print them, and have one sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click
from pydantic import BaseModel

from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json, refuse
from caredesk.core.errors import CareDeskError
from caredesk.core.work import Work
from caredesk.edge.transactions import write

Letter = TypeVar("Letter", bound=BaseModel)


def print_letters(
    found: Sequence[Letter], *, name: str, line: Callable[[Letter], str], nothing: str, as_json: bool
) -> None:
    """Print messages one a line, or all of them as JSON under a name."""
    if as_json:
        print_json({name: [one.model_dump() for one in found]})
        return
    for one in found:
        click.echo(line(one))
    if not found:
        click.echo(nothing)


def send_again(replay: Callable[[Work], None]) -> None:
    """Have one message sent again; the running desk does it within a second."""
    with open_desk() as services:
        try:
            with write(services, actor=CLI_ACTOR) as work:
                replay(work)
        except CareDeskError as error:
            refuse(str(error))
            raise
    click.echo("It is sent again.")
