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
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(make())
    return path.read_text("ascii").strip()
