"""What every command needs and no desk: settings from the environment, a refusal in one sentence."""

from __future__ import annotations

from typing import NoReturn

import click
from pydantic import ValidationError

from caredesk.settings import Settings

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


def refuse(message: str) -> NoReturn:
    """End the command with a message on standard error and exit code 1."""
    click.echo(message, err=True)
    raise SystemExit(BAD_DATA)
