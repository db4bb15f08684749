"""`caredesk demo traffic`: invented parents, agents, doctors and callers who use a running demo desk."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import click

from caredesk.actions.demo_files import DemoFolder
from caredesk.cli.demo import DEMO_FOLDER
from caredesk.cli.desk import print_json, refuse
from caredesk.core.clock import clinic_time
from caredesk.infra.traffic.clients import DeskOver, NotReached, Refused, open_http
from caredesk.infra.traffic.material import read_logins, read_material
from caredesk.infra.traffic.plan import Cast, plan_traffic
from caredesk.infra.traffic.player import NoStaff, Stage, play
from caredesk.infra.traffic.tally import Tally

TELL_EVERY = 10
"""Seconds between two lines that say how far the play is."""
MOST = 5_000


_option = partial(click.option, show_default=True)


@click.command()
@_option("--minutes", type=click.FloatRange(0.05, 24 * 60), default=5.0, help="How long, in desk time.")
@_option("--parents", type=click.IntRange(0, MOST), default=30, help="Parents who write.")
@_option("--agents", type=click.IntRange(0, 10), default=5, help="Agents who answer.")
@_option("--doctors", type=click.IntRange(0, 4), default=2, help="Doctors who have patients called.")
@_option("--calls", type=click.IntRange(0, MOST), default=0, help="Calls to the hotline.")
@_option("--seed", type=int, default=1, help="The same seed is the same play.")
@_option("--speed", type=click.FloatRange(0.1, 100), default=1.0, help="Times faster than life.")
@_option("--url", default="http://127.0.0.1:5000", help="The desk.")
@_option("--hotline", default="127.0.0.1:5060", help="Where the hotline listens for SIP.")
@click.option("--yes-this-is-a-test-desk", "sure", is_flag=True, help="Play on another machine, or on no demo desk.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def traffic(*, url: str, hotline: str, speed: float, sure: bool, as_json: bool, **cast: Any) -> None:  # noqa: ANN401 (as in Cast)
    """Play invented traffic on a running demo desk, and stop.

    Ends with what was sent, acknowledged, answered and lost; the exit code is 1 when anything was lost.
    """
    base = url.rstrip("/")
    if not sure and not (is_this_machine(base) and is_this_machine(f"sip://{hotline}")):
        refuse("Traffic is played on this machine only. If that desk is for testing: --yes-this-is-a-test-desk")
    # Whoever wants no calls needs no hotline.
    address = _address(hotline) if cast["calls"] else None
    try:
        tally = asyncio.run(_play(Cast(**cast), url=base, hotline=address, speed=speed, sure=sure, quiet=as_json))
    except NotReached:
        refuse(f"No desk answers at {base}. Is `caredesk run --demo` running?")
    except NoStaff as fault:
        refuse(f"Cannot sign in at the desk: {fault}. Is it the demo hospital?")
    except Refused as fault:
        refuse(f"The desk refused: {fault.code}")
    else:
        _show(tally, as_json=as_json)


async def _play(
    cast: Cast, *, url: str, hotline: tuple[str, int] | None, speed: float, sure: bool, quiet: bool
) -> Tally:
    """Plan by the desk's own time, and play."""
    files = DemoFolder(DEMO_FOLDER)
    async with open_http() as http:
        welcome = await DeskOver(url, http).greet()
    if not sure and not welcome["demo"]:
        refuse("That desk is no demo. If it is for testing: --yes-this-is-a-test-desk")
    begins = clinic_time(datetime.fromisoformat(welcome["server_time"]))
    stage = Stage(
        url=url,
        logins=read_logins(files),
        password=str(files.facts("hospital.yaml")["demo_password"]),
        hotline=hotline,
        speed=speed,
    )
    plan = plan_traffic(cast, material=read_material(files), begins=begins)
    return await play(plan, stage=stage, told=Teller(quiet=quiet))


def is_this_machine(url: str) -> bool:
    """Tell whether an address is a loopback one; a name other than localhost could be anybody's."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _address(written: str) -> tuple[str, int]:
    host, _, port = written.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter("an address and a port are needed, as in 127.0.0.1:5060", param_hint="--hotline")
    return host, int(port)


class Teller:
    """Says now and then how far the play is."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._heard = quiet, 0

    def __call__(self, tally: Tally) -> None:
        self._heard += 1
        if not self._quiet and self._heard % TELL_EVERY == 0:
            click.echo(
                f"{self._heard:>5} s  {tally.sent} sent, {tally.acknowledged} acknowledged, {tally.replies} replies"
            )


def _show(tally: Tally, *, as_json: bool) -> None:
    summary = tally.summary()
    if as_json:
        print_json(summary)
    else:
        for name, value in summary.items():
            shown = value
            if isinstance(value, dict):
                shown = ", ".join(f"{key} {figure}" for key, figure in value.items()) or "none"
            click.echo(f"{name.replace('_', ' '):<20} {'not measured' if value is None else shown}")
    if not tally.is_whole():
        refuse("Something was lost, doubled or not shown.")
