"""What the jobs about kept files do without a transaction: sealing them anew, shelf by shelf."""

from __future__ import annotations

from typing import Any

from caredesk.actions.file_keys import FOLDERS, Step
from caredesk.edge.services import Services

SHELVES = 256


def seal_step(services: Services, payload: dict[str, Any]) -> Step | None:
    """Seal files of one shelf anew and return the step that comes next, None after the last.

    Killed in between it is done again: what is sealed already is only looked at.
    """
    at: Step | None = Step(folder=payload["folder"], shelf=payload["shelf"])
    while at is not None:
        kept = services.files if at.folder == "files" else services.recordings
        shelved = kept.reseal(at.shelf)
        if shelved.more:
            return at
        at = _after(at)
        if shelved.done:
            return at
    return None


def _after(at: Step) -> Step | None:
    if at.shelf + 1 < SHELVES:
        return Step(folder=at.folder, shelf=at.shelf + 1)
    following = FOLDERS.index(at.folder) + 1
    return Step(folder=FOLDERS[following], shelf=0) if following < len(FOLDERS) else None
