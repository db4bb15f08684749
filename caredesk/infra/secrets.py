"""Secrets that the desk makes for itself on first start, kept in the data folder and nowhere else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def _random() -> str:
    return secrets.token_urlsafe(32)


def secret_from(folder: Path, *, name: str, make: Callable[[], str] = _random) -> str:
    """Return the secret of this name, made once and readable by the owner only: 256 random bits, or as `make` says."""
    path = folder / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _make_whole(path, text=make())
    return path.read_text("ascii").strip()


def _make_whole(path: Path, *, text: str) -> None:
    """Make a file that is never seen half written; of several processes that start at once the first one's stands."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
