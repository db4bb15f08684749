"""What commands share: settings from the environment, a migrated desk, plain output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
import orjson
from pydantic import ValidationError

from caredesk.core.work import Actor
from caredesk.edge.services import Services
from caredesk.infra.profiles import build_services
from caredesk.infra.schema import migrate
from caredesk.settings import Settings

CLI_ACTOR = Actor(kind="system", id="cli", name="command line")

BAD_DATA = 1
"""Exit code of a command that was understood and refused its data; click itself uses 2 for wrong usage."""


def settings_from_environment(**overrides: object) -> Settings:
    """Return the settings; a value that makes no sense ends the command with a sentence, not a traceback."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as fault:
        lines = [f"CAREDESK_{str(e['loc'][0]).upper()}: {e['msg']}" for e in fault.errors()]
        raise click.UsageError("\n".join(lines)) from None


@contextmanager
def open_desk() -> Iterator[Services]:
    """Open the desk of the environment's settings, its database migrated."""
    services = build_services(settings_from_environment())
    migrate(services.store)
    try:
        yield services
    finally:
        services.store.engine.dispose()


def print_json(value: object) -> None:
    """Print a value as JSON for programs."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def refuse(message: str) -> None:
    """End the command with a message on standard error and exit code 1."""
    click.echo(message, err=True)
    raise SystemExit(BAD_DATA)
