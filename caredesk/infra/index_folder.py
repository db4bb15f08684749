"""Keeps learned indexes on disk, named by what they were learned from, and maps them into memory.

A mapped index costs a process only what its questions touch, is shared by all processes of a machine, and can stand
beside its successor while the two are swapped.
"""

from __future__ import annotations

import hashlib
import logging
import mmap
import os
import pickle
import threading
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version as version_of
from pathlib import Path

import numpy as np

from caredesk.chatbot.entries import Entries, FaqEntry
from caredesk.chatbot.index import FaqIndex, build_index

log = logging.getLogger(__name__)

CHATBOT = Path(__file__).parents[1] / "chatbot"
LEARNED_WITH = ("scikit-learn", "numpy", "scipy", "jieba")
SUFFIX = ".index"
INDEXES_KEPT = 40
MOST_BYTES_KEPT = 2 * 1024**3
HEAD_BYTES = 8
# Numbers must lie where the processor reads them fastest.
ALIGNED = 64


def learned_index(entries: Iterable[FaqEntry], *, version: str, folder: Path) -> FaqIndex:
    """Return the index over these entries: from the folder when the same was learned before, else learned now and here.

    Learning takes seconds, so a restart must not repeat it. The folder belongs to the desk like its database does;
    whoever may write there already controls the desk, which is why reading a pickle from it is acceptable.
    """
    kept = Entries.of(entries)
    path = path_of(kept, version=version, folder=folder)
    found = read_index(path)
    if found is None:
        keep_index(build_index(kept, version=version), path=path)
        found = read_index(path)
    if found is None:
        raise OSError(f"cannot read back {path}")
    return found


def path_of(entries: Entries, *, version: str, folder: Path) -> Path:
    """Return where the index over these entries is kept."""
    return folder / f"{_fingerprint(entries, version=version)}{SUFFIX}"


def read_index(path: Path) -> FaqIndex | None:
    """Return a kept index; None when there is none that can be read."""
    try:
        with path.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        head = HEAD_BYTES + int.from_bytes(mapped[:HEAD_BYTES], "big")
        content, lengths = pickle.loads(mapped[HEAD_BYTES:head])  # noqa: S301 (see above)
        buffers, at = [], _aligned(head)
        for length in lengths:
            buffers.append(mapped[at : at + length])
            at = _aligned(at + length)
        found = pickle.loads(content, buffers=buffers)  # noqa: S301 (see above)
    except FileNotFoundError:
        return None
    except Exception:
        # Whatever is wrong with a stored index, it can be learned again.
        log.exception("stored_index_unreadable")
        return None
    return found if isinstance(found, FaqIndex) else None


def keep_index(index: FaqIndex, *, path: Path) -> None:
    """Keep an index, whole or not at all, and forget the oldest ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(index, protocol=5, buffer_callback=buffers.append)
    parts = [buffer.raw() for buffer in buffers]
    head = pickle.dumps((content, [part.nbytes for part in parts]))
    partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    with partial.open("wb") as file:
        file.write(len(head).to_bytes(HEAD_BYTES, "big"))
        file.write(head)
        for part in parts:
            file.seek(_aligned(file.tell()))
            file.write(part)
    partial.replace(path)
    _forget_old(path.parent)


def _aligned(at: int) -> int:
    return -(-at // ALIGNED) * ALIGNED


def _forget_old(folder: Path) -> None:
    kept = 0
    newest_first = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for number, path in enumerate(newest_first):
        kept += path.stat().st_size
        # The newest two are what is served and what will be, however large they are.
        if number >= INDEXES_KEPT or (number >= 2 and kept > MOST_BYTES_KEPT):
            path.unlink(missing_ok=True)


def _fingerprint(entries: Entries, *, version: str) -> str:
    """Return a name that changes with the entries, the engine's code and data, and the libraries it learns with."""
    digest = hashlib.sha256(_engine_fingerprint().encode())
    digest.update(version.encode())
    for array in (entries.starts, entries.texts.starts, entries.texts.signs):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:40]


@lru_cache(maxsize=1)
def _engine_fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(CHATBOT.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(CHATBOT).as_posix().encode())
            digest.update(path.read_bytes())
    digest.update(" ".join(version_of(name) for name in LEARNED_WITH).encode())
    return digest.hexdigest()
