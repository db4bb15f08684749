"""The files port on a folder of sealed files outside the web root."""

from __future__ import annotations

import errno
import re
from collections import Counter

from caredesk.core.errors import FilesFull, FileUnreadable, NotFound
from caredesk.core.ports import Shelved
from caredesk.infra.sealed_files import SealedFolder
from caredesk.infra.sealed_stream import MARK
from caredesk.telephony.recording_errors import RecordingNotFound, RecordingUnreadable

_NAME = re.compile(r"^[0-9a-f-]{36}$")


def by_end(name: str) -> str:
    """Return the shelf of a file: the end of an id is its random part."""
    return name[-2:]


class FolderFiles:
    """Pictures, recorded prompts and files of answers: each some megabytes, sealed, read whole."""

    def __init__(self, folder: SealedFolder) -> None:
        """Take the folder that seals; its shelves are by `by_end`."""
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Keep a file, whole or not at all; raise FilesFull when there is no room."""
        self._check(name)
        try:
            self._folder.keep(name, [content])
        except OSError as fault:
            if fault.errno in (errno.ENOSPC, errno.EDQUOT):
                raise FilesFull from None
            raise

    def get(self, name: str) -> bytes:
        """Return a file's bytes; raise FileUnreadable when they were changed or their key is not here."""
        self._check(name)
        path = self._folder.path(name)
        try:
            # What an older release has kept is plain until the walk after the upgrade has come to it.
            with path.open("rb") as file:
                if file.read(len(MARK)) != MARK:
                    file.seek(0)
                    return file.read()
            return b"".join(self._folder.read(name, start=0, stop=None))
        except (FileNotFoundError, RecordingNotFound):
            raise NotFound from None
        except RecordingUnreadable:
            raise FileUnreadable from None

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is fine."""
        self._check(name)
        self._folder.drop(name)

    def standings(self) -> Counter[str]:
        """Return how many files are kept by which key."""
        return self._folder.standings()

    def reseal(self, shelf: int) -> Shelved:
        """Bring the files of one shelf under the newest master key."""
        return self._folder.reseal(shelf)

    def _check(self, name: str) -> None:
        # Names are ids made by the desk; anything else cannot be a file of ours.
        if not _NAME.fullmatch(name):
            raise NotFound
