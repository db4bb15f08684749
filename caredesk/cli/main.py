"""`caredesk`: the list of all commands. A command's module is imported when it is asked for.

Most commands bring the bot's and the reports' libraries with them, which take seconds to load; the telephone engine
shall not carry them, and nobody shall wait for them.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator, Mapping, MutableMapping
from types import ModuleType

import click

from caredesk import __version__

COMMANDS = {
    "run": "caredesk.cli.run:run",
    "migrate": "caredesk.cli.run:migrate_database",
    "demo": "caredesk.cli.demo:demo",
    "archive": "caredesk.cli.archive:archive",
    "audit": "caredesk.cli.audit:audit",
    "backup": "caredesk.cli.backup:backup",
    "doctor": "caredesk.cli.doctor:doctor",
    "evidence": "caredesk.cli.evidence:evidence",
    "kb": "caredesk.cli.kb:kb",
    "bot": "caredesk.cli.bot:bot",
    "call-up": "caredesk.cli.call_up:call_up",
    "clinic": "caredesk.cli.clinic:clinic",
    "erase": "caredesk.cli.erase:erase",
    "families": "caredesk.cli.families:families",
    "hotline": "caredesk.cli.hotline:hotline",
    "keys": "caredesk.cli.keys:keys",
    "parcels": "caredesk.cli.parcels:parcels",
    "queue": "caredesk.cli.queue:queue",
    "retention": "caredesk.cli.retention:retention",
    "staffing": "caredesk.cli.staffing:staffing",
    "openapi": "caredesk.cli.openapi:openapi",
    "timer": "caredesk.cli.workers:timer",
    "user": "caredesk.cli.user:user",
    "webhook": "caredesk.cli.webhook:webhook",
    "worker": "caredesk.cli.workers:worker",
}


def _imported(module: str) -> ModuleType:
    """Import a command's module. Of what is made meanwhile nothing dies, so looking for it would be in vain."""
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.enable()


class LateCommands(MutableMapping[str, click.Command]):
    """Commands by name; one is imported when it is looked up."""

    def __init__(self, places: Mapping[str, str]) -> None:
        """Take where each command is, as `module:name`."""
        self._places = dict(places)
        self._found: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._found:
            module, _, attribute = self._places[name].partition(":")
            self._found[name] = getattr(_imported(module), attribute)
        return self._found[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._places[name], self._found[name] = "", command

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._found.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@click.group(commands=LateCommands(COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="caredesk")
def main() -> None:
    """The service desk of an internet hospital. Settings come from CAREDESK_* (see docs/settings.md)."""
