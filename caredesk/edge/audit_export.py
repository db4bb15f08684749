"""Taking the audit out: one archive that proves itself, in a file without a name that is gone once it is closed."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from caredesk.actions.audit_checks import Keys, span_of
from caredesk.audit import check_export, queries
from caredesk.audit.rules import anchor_line, cut_line, entry_line
from caredesk.edge.audit_jobs import own_keys
from caredesk.edge.services import Services
from caredesk.edge.transactions import read

CHECKER = Path(check_export.__file__)
PIECE = 256 * 1024
"""Bytes of an archive that are read at a time."""


def export_audit(services: Services, *, since: datetime | None, until: datetime | None) -> IO[bytes]:
    """Return an archive of entries, anchors, public key and the script that checks them, ready to be read.

    What it holds is what `caredesk audit export` writes. Entries go through memory a page at a time.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 (`read_out` closes it)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, read(services) as session:
        keys = own_keys(services)
        span = span_of(session, keys=keys, since=since, until=until)
        entries = queries.stream_entries(session, after=span.after.number, until=span.until)
        _write_lines(archive, name="entries.jsonl", lines=(entry_line(entry) for entry in entries))
        _write_lines(archive, name="anchors.jsonl", lines=(anchor_line(anchor) for anchor in span.anchors))
        if span.cut is not None:
            archive.writestr("cut.json", cut_line(span.cut))
        _write_proof(archive, keys=keys)
    file.seek(0)
    return file


def read_out(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces and close it, also when nobody wants the rest."""
    with file:
        while piece := file.read(PIECE):
            yield piece


def _write_lines(archive: zipfile.ZipFile, *, name: str, lines: Iterable[str]) -> None:
    with archive.open(name, "w", force_zip64=True) as raw, TextIOWrapper(raw, encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(line + "\n")


def _write_proof(archive: zipfile.ZipFile, *, keys: Keys) -> None:
    archive.writestr("public_key", keys.public + "\n")
    archive.write(CHECKER, CHECKER.name)
