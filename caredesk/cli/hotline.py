"""`caredesk hotline`: the telephone engine, as a process of its own beside the desk."""

from __future__ import annotations

import importlib.util
import os
import sys

import click

from caredesk.cli.hotline_call import call
from caredesk.cli.main import LateCommands
from caredesk.cli.plain import refuse, settings_from_environment
from caredesk.settings import Settings

ENGINES = {"embedded": "caredesk.infra.hotline.embedded", "freeswitch": "caredesk.infra.hotline.freeswitch"}


@click.group(invoke_without_command=True, commands=LateCommands({"prompts": "caredesk.cli.hotline_prompts:prompts"}))
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="embedded", show_default=True, help="Who rings.")
@click.pass_context
def hotline(context: click.Context, engine: str) -> None:
    """Answer the telephone until Ctrl-C: SIP trunk, desk phones, browser phones. The desk must run, too."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_from_environment()
    if engine == "freeswitch":
        _greet_with_freeswitch(settings)
    else:
        if not all(importlib.util.find_spec(name) for name in ("sippy", "rtp")):
            refuse("The embedded engine needs Linux: the packages sippy and rtp.io are not installed.")
        _greet(settings)
    sys.stdout.flush()
    # The engine's process takes the place of this one and leaves behind what commands have loaded.
    os.execv(sys.executable, [sys.executable, "-m", ENGINES[engine]])  # noqa: S606 (our own interpreter)


def _greet(settings: Settings) -> None:
    click.echo(f"\n  400 热线 Hotline (SIP)     {settings.hotline_sip_host}:{settings.hotline_sip_port}/udp")
    if settings.hotline_wss_port:
        click.echo(f"  浏览器电话 Browser phones  wss://{settings.hotline_sip_host}:{settings.hotline_wss_port}")
    click.echo(f"  工作台 Desk                {settings.hotline_desk}")
    click.echo("\n  Ctrl-C 停止 / stops\n")


def _greet_with_freeswitch(settings: Settings) -> None:
    click.echo(f"\n  FreeSWITCH                 {settings.freeswitch_address}")
    click.echo(f"  工作台 Desk                {settings.hotline_desk}")
    click.echo("\n  Ctrl-C 停止 / stops\n")


hotline.add_command(call)
