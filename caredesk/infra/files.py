"""The files port on a folder outside the web root."""

from __future__ import annotations

import os
import re
from pathlib import Path

from caredesk.core.errors import NotFound

_NAME = re.compile(r"^[0-9a-f-]{36}$")


class FolderFiles:
    """Files below one folder, spread over 256 subfolders, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    def get(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise NotFound from None

    def _path(self, name: str) -> Path:
        # Names are ids made by the desk; anything else cannot be a file of ours.
        if not _NAME.fullmatch(name):
            raise NotFound
        return self._folder / name[-2:] / name
