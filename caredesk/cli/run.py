"""`caredesk run` and `caredesk migrate`."""

from __future__ import annotations

import errno
import logging
import socket
from contextlib import suppress

import click
import uvicorn

from caredesk.actions import demo as demo_actions
from caredesk.application import Desk
from caredesk.cli.demo import DEMO_FOLDER, begin_demo_round, begin_demo_shift, load_demo_into
from caredesk.cli.desk import migrate_or_refuse, open_desk, refuse, settings_from_environment
from caredesk.edge.transactions import read
from caredesk.infra.logs import set_up_logs
from caredesk.infra.profiles import what_size_lacks
from caredesk.settings import Settings
from caredesk.webbuild import WebBuildError, ensure_built

GRACE_SECONDS = 5
DEMO_REMINDS = 15
"""Minutes before a visit at which a demo reminds families who will hardly be online; nothing leaves this machine."""


@click.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to the newest schema."""
    with open_desk() as services:
        click.echo(f"The database is up to date: {services.store.engine.url.render_as_string(hide_password=True)}")


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--size", type=click.Choice(["embedded", "scaled"]), help="Who runs jobs; see docs/operations.md.")
@click.option("--demo", is_flag=True, help="Load the demo hospital first, if it is not there yet.")
@click.option("--calm", is_flag=True, help="With --demo: begin with nobody at work, not in the middle of a shift.")
def run(*, host: str | None, port: int | None, size: str | None, demo: bool, calm: bool) -> None:
    """Serve the desk until Ctrl-C."""
    settings = settings_from_environment(host=host, port=port, size=size)
    if lacking := what_size_lacks(settings):
        refuse(lacking)
    if demo and not settings.parcel_service:
        # Only a demo's parcels are known to the carrier on this machine; a hospital's would be invented.
        quick = {"parcel_pause_minutes": 1, "parcel_every_minutes": 10}
        settings = settings.model_copy(update={"parcel_service": "loopback", **quick})
    if demo and not calm and not settings.remind_minutes:
        settings = settings.model_copy(update={"remind_minutes": DEMO_REMINDS})
    set_up_logs(level=settings.log_level)
    listener = _listen(settings)
    _build_pages()
    desk = Desk(settings)
    migrate_or_refuse(desk.services.store)
    if demo:
        load_demo_into(desk.services)
    calling = None
    if demo and not calm:
        begin_demo_shift(desk.services)
        calling = begin_demo_round(desk.services)
    _greet(desk, port=listener.getsockname()[1], calling=calling)
    # The server has stopped cleanly when it passes the signal on; that is success, not an abort.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(_serving(desk, settings)).run(sockets=[listener])
    logging.getLogger(__name__).info("stopped")


def _serving(desk: Desk, settings: Settings) -> uvicorn.Config:
    # Socket.IO needs the loop in this process; uvloop and httptools are picked up when installed.
    return uvicorn.Config(
        desk.asgi,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=settings.request_bytes,
        # Events are some hundred bytes: packing them would take half again the memory of a socket, and time of each.
        ws_per_message_deflate=False,
        # Socket.IO looks by itself whether a screen is still there; nobody needs a second look at each.
        ws_ping_interval=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
    )


def _build_pages() -> None:
    """Build the front end of a checkout when its sources changed; an installed wheel carries it."""
    try:
        ensure_built()
    except WebBuildError as fault:
        refuse(str(fault))


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything slow is done, so that a busy one is told at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            refuse(f"Port {settings.port} is in use. Choose another: --port 5001")
        refuse(f"Cannot listen on {settings.host}:{settings.port}: {fault.strerror}")
    listener.setblocking(False)  # noqa: FBT003 (the standard library takes it by position)
    return listener


def _greet(desk: Desk, *, port: int, calling: str | None) -> None:
    settings = desk.services.settings
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 (only shown)
    base = settings.public_url or f"http://{host}:{port}"
    click.echo(f"\n  家长页面  Parent's page   {base}/chat")
    click.echo(f"  嵌入示例  Widget on a site {base}/demo")
    click.echo(f"  坐席工作台 Agent's console {base}/console")
    click.echo(f"  医生工作台 Doctor's desk   {base}/doctor")
    with read(desk.services) as session:
        accounts = demo_actions.list_demo_accounts(session, folder=DEMO_FOLDER)
    if accounts:
        click.echo("\n  演示账号  Demo accounts (invented people; same password for all)")
        for account in accounts:
            click.echo(f"    {account.login:<14} {account.password:<16} {account.roles}  {account.name}")
    if settings.size == "auto" and settings.is_scaled:
        click.echo("\n  PostgreSQL 和 Redis 都已设：任务由 caredesk worker 和 caredesk timer 完成")
        click.echo("  Scaled, because both are set: jobs are left to caredesk worker and caredesk timer")
    if calling:
        click.echo(f"\n  {calling} 现在有患者可以呼叫  has patients to call now")
    click.echo("\n  Ctrl-C 停止 / stops\n")
