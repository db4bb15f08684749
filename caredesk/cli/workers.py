"""`caredesk worker` and `caredesk timer`: who does jobs, and who hands them over, in the scaled size."""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING

import click

from caredesk.cli.desk import migrate_or_refuse, refuse, settings_from_environment
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.job_lanes import LANES, Lane
from caredesk.infra.bot_keeper import BotKeeper
from caredesk.infra.logs import set_up_logs
from caredesk.infra.metrics_door import open_metrics_door
from caredesk.infra.profiles import build_services, what_size_lacks
from caredesk.infra.runner import Runner
from caredesk.settings import Settings

if TYPE_CHECKING:
    from caredesk.edge.services import Services
    from caredesk.infra.job_shelf import JobShelf

log = logging.getLogger(__name__)

GRACE_SECONDS = 20.0
"""How long running jobs may go on after the signal to stop; what lasts longer is due again."""

BOT_SECONDS = 20.0
"""How long a worker that begins waits for its bot; what needs no bot cannot wait for ever."""


@click.command()
@click.option("--lane", "lanes", multiple=True, type=click.Choice(LANES), help="Take only these; else all.")
@click.option("--threads", type=click.IntRange(1, 64), help="Jobs at once; else CAREDESK_JOB_THREADS.")
def worker(*, lanes: tuple[Lane, ...], threads: int | None) -> None:
    """Do due jobs until Ctrl-C. Several may run, on several machines; PostgreSQL and Redis are needed."""
    settings = _scaled_settings()
    # Redis's client and RQ come with the extra `scaled` only.
    from caredesk.infra.worker import Worker  # noqa: PLC0415

    services, shelf = _open(settings)
    bot, stopping = BotKeeper(services.bot), _told_to_stop()
    crew = Worker(
        Runner(services, kinds=JOB_KINDS),
        shelf=shelf,
        threads=threads or settings.job_threads,
        # In the order of urgency, however they were named.
        lanes=[lane for lane in LANES if lane in (lanes or LANES)],
    )
    bot.start()
    # Without a bot it would take questions from the hands of workers that have one.
    bot.wait(seconds=BOT_SECONDS)
    crew.start()
    click.echo("\n  后台任务 Worker  Ctrl-C 停止 / stops\n")
    with open_metrics_door(services.meters, port=settings.metrics_port):
        stopping.wait()
    bot.stop()
    crew.stop(seconds=GRACE_SECONDS)
    log.info("stopped")


@click.command()
def timer() -> None:
    """Hand due jobs to the workers until Ctrl-C. Run two: one is elected, the other takes over within seconds."""
    settings = _scaled_settings()
    from caredesk.infra.election import Election  # noqa: PLC0415
    from caredesk.infra.timer import Timer  # noqa: PLC0415

    services, shelf = _open(settings)
    click.echo("\n  定时 Timer  Ctrl-C 停止 / stops\n")
    with open_metrics_door(services.meters, port=settings.metrics_port):
        Timer(services, election=Election(services, duty="timer"), shelf=shelf).run(_told_to_stop())
    shelf.close()
    log.info("stopped")


def _scaled_settings() -> Settings:
    settings = settings_from_environment(size="scaled")
    if lacking := what_size_lacks(settings):
        refuse(lacking)
    set_up_logs(level=settings.log_level)
    return settings


def _open(settings: Settings) -> tuple[Services, JobShelf]:
    from caredesk.core.ids import new_id  # noqa: PLC0415
    from caredesk.infra.due_bell import DueBell  # noqa: PLC0415
    from caredesk.infra.job_shelf import JobShelf  # noqa: PLC0415

    bell = DueBell(JobShelf(settings.redis_url))
    services = build_services(settings, jobs=bell)
    migrate_or_refuse(services.store)
    bell.start()
    return services, JobShelf(settings.redis_url, owner=new_id())


def _told_to_stop() -> threading.Event:
    """Return what is set when this process is asked to end."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
