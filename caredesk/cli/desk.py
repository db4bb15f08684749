"""What commands share that work on the desk: a migrated one, plain output. `plain.py` has what needs no desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
import orjson

from caredesk.cli.plain import BAD_DATA, refuse, settings_from_environment
from caredesk.core.store import Store
from caredesk.core.work import Actor
from caredesk.edge.services import Services
from caredesk.infra.profiles import build_services
from caredesk.infra.schema import SchemaTooNew, migrate

__all__ = [
    "BAD_DATA",
    "CLI_ACTOR",
    "migrate_or_refuse",
    "open_desk",
    "print_json",
    "refuse",
    "settings_from_environment",
]

CLI_ACTOR = Actor(kind="system", id="cli", name="command line")


@contextmanager
def open_desk() -> Iterator[Services]:
    """Open the desk of the environment's settings, its database migrated."""
    services = build_services(settings_from_environment())
    try:
        migrate_or_refuse(services.store)
        yield services
    finally:
        services.store.engine.dispose()


def migrate_or_refuse(store: Store) -> None:
    """Bring the database to this release's schema; one that a newer release has migrated ends the command."""
    try:
        migrate(store)
    except SchemaTooNew:
        refuse("数据库已由更新的版本升级，请安装它。A newer caredesk has migrated the database: install that one.")


def print_json(value: object) -> None:
    """Print a value as JSON for programs."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
