"""The data folder: may it be written, may others read it, are secrets secret and recordings sealed?"""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from caredesk.infra.checkup.finding import Finding, bad, ok, warn
from caredesk.infra.sealed_stream import FIRST_MARK, MARK
from caredesk.settings import Settings

FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
MOST_RECORDINGS = 2000
"""So many are looked into: an unsealed one means that something else writes there, and is not alone."""


def check_folder(settings: Settings) -> Iterator[Finding]:
    """Is the data folder there, writable, and closed to others?"""
    folder = settings.data_dir
    told = {"folder": str(folder.absolute())}
    if not folder.is_dir():
        yield bad("folder", "folder.missing", **told)
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        yield bad("folder", "folder.closed", **told, fault=fault.strerror or type(fault).__name__)
        return
    yield warn("folder", "folder.open", **told) if is_open(folder) else ok("folder", "folder.there", **told)


def check_secrets(settings: Settings) -> Iterator[Finding]:
    """May only the desk read its secrets?"""
    folder = settings.data_dir / "secrets"
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    if not files:
        yield ok("secrets", "secrets.none")
        return
    read_by_others = [file.name for file in files if is_open(file)]
    empty = [file.name for file in files if file.stat().st_size == 0]
    if read_by_others:
        yield bad("secrets", "secrets.open", names=", ".join(read_by_others), folder=str(folder))
    if empty:
        yield bad("secrets", "secrets.empty", names=", ".join(empty), folder=str(folder))
    if not read_by_others and not empty:
        yield ok("secrets", "secrets.closed", count=len(files))


def check_recordings(settings: Settings) -> Iterator[Finding]:
    """Is every recording sealed?"""
    folder = settings.data_dir / "recordings"
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".part")
    looked_into = list(islice(files, MOST_RECORDINGS))
    clear = [file.name for file in looked_into if not _is_sealed(file)]
    if clear:
        yield bad("recordings", "recordings.clear", count=len(clear), folder=str(folder))
    else:
        yield ok("recordings", "recordings.sealed", count=len(looked_into))


def check_index(settings: Settings) -> Iterator[Finding]:
    """Has the bot learned its index already?"""
    folder = settings.index_dir or settings.data_dir / "index"
    learned = [file for file in folder.glob("*") if file.is_file()] if folder.is_dir() else []
    yield ok("index", "index.learned", count=len(learned)) if learned else warn("index", "index.none")


def is_open(path: Path) -> bool:
    """Tell whether anybody but the owner may do anything with a file or folder."""
    return bool(path.stat().st_mode & FOR_OTHERS)


def _is_sealed(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(MARK)) in (MARK, FIRST_MARK)
