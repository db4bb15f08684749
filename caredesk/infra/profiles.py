"""The one file that knows the size: which implementation stands behind each port."""

from __future__ import annotations

from pathlib import Path

from caredesk.core.clock import Clock, ShiftedClock, SystemClock
from caredesk.core.ports import Jobs, Push, Webhook
from caredesk.edge.services import Services
from caredesk.infra.bot_index import HeldBot
from caredesk.infra.engine import open_store
from caredesk.infra.files import FolderFiles
from caredesk.infra.limits import open_limits
from caredesk.infra.quiet import NoJobs, NoPush
from caredesk.infra.sandbox_work import play_aside
from caredesk.infra.secrets import secret_from
from caredesk.infra.webhook import HttpWebhook
from caredesk.settings import Settings


def build_services(settings: Settings, *, push: Push | None = None, jobs: Jobs | None = None) -> Services:
    """Return the desk's services for the size that the settings describe.

    A process that serves browsers passes its own push and jobs; others (commands) push nothing, because stored
    events and catch-up repair that, and leave due jobs to the process that runs them.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock = _clock(settings)
    store = open_store(database_url(settings))
    return Services(
        settings=settings,
        identity_secret=settings.identity_secret.get_secret_value() or _made(settings, name="identity"),
        clock=clock,
        store=store,
        push=push or NoPush(),
        jobs=jobs or NoJobs(),
        files=FolderFiles(settings.data_dir / "files"),
        limits=open_limits(settings),
        bot=HeldBot(
            store,
            clock=clock,
            folder=settings.index_dir or settings.data_dir / "index",
            precision=settings.bot_precision,
        ),
        fhir_token=settings.fhir_token.get_secret_value() or _made(settings, name="fhir"),
        webhook=_webhook(settings, clock=clock),
        play=play_aside,
    )


def database_url(settings: Settings) -> str:
    """Return where the rows are: the given URL, else a SQLite file in the data folder."""
    return settings.database_url or f"sqlite:///{database_file(settings)}"


def database_file(settings: Settings) -> Path:
    """Return the SQLite file of the embedded size."""
    return settings.data_dir.absolute() / "caredesk.db"


def _webhook(settings: Settings, *, clock: Clock) -> Webhook | None:
    if not settings.webhook_url:
        return None
    return HttpWebhook(
        settings.webhook_url,
        secret=settings.webhook_secret.get_secret_value() or _made(settings, name="webhook"),
        clock=clock,
        reach=settings.webhook_reach,
        seconds=settings.webhook_seconds,
    )


def _clock(settings: Settings) -> Clock:
    return ShiftedClock(settings.clock_file) if settings.clock_file else SystemClock()


def _made(settings: Settings, *, name: str) -> str:
    return secret_from(settings.data_dir, name=name)
