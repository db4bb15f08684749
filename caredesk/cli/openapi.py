"""`caredesk openapi`: the contract of routes and events, for the browser's generated types."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
import orjson

from caredesk.application import create_app
from caredesk.infra.profiles import build_services
from caredesk.settings import Settings


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of printing.")
def openapi(output: Path | None) -> None:
    """Print the OpenAPI document of all routes and socket events."""
    document = contract()
    if output is None:
        click.echo(document, nl=False)
    else:
        output.write_bytes(document)


def contract() -> bytes:
    """Return the document, the same bytes for the same code; it needs no database."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(build_services(Settings(data_dir=Path(folder))))
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        return orjson.dumps(app.api_doc, option=options)
