"""`caredesk`: the list of all commands."""

from __future__ import annotations

import click

from caredesk import __version__
from caredesk.cli.bot import bot
from caredesk.cli.call_up import call_up
from caredesk.cli.clinic import clinic
from caredesk.cli.demo import demo
from caredesk.cli.families import families
from caredesk.cli.kb import kb
from caredesk.cli.openapi import openapi
from caredesk.cli.parcels import parcels
from caredesk.cli.queue import queue
from caredesk.cli.run import migrate_database, run
from caredesk.cli.staffing import staffing
from caredesk.cli.user import user
from caredesk.cli.webhook import webhook


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="caredesk")
def main() -> None:
    """The service desk of an internet hospital. Settings come from CAREDESK_* (see docs/settings.md)."""


for command in (
    run,
    migrate_database,
    demo,
    kb,
    bot,
    call_up,
    clinic,
    families,
    parcels,
    queue,
    staffing,
    openapi,
    user,
    webhook,
):
    main.add_command(command)
