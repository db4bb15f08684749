"""Secrets that the desk makes for itself on first start, kept in the data folder and nowhere else."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_from(folder: Path, *, name: str) -> str:
    """Return the secret of this name, made once with 256 random bits and readable by the owner only."""
    path = folder / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text("ascii").strip()
