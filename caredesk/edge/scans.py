"""Showing uploads to the malware scanner: at the door, and afterwards what came while it did not answer."""

from __future__ import annotations

from typing import Any, Literal

from caredesk.actions import picture_scans
from caredesk.actions.picture_scans import Looked
from caredesk.core.errors import CareDeskError
from caredesk.edge.services import Services
from caredesk.edge.transactions import read

AtTheDoor = Literal["none", "clean", "found", "away"]


def scanned(services: Services, content: bytes) -> AtTheDoor:
    """Return what the scanner says of an upload; `none` where no scanner is set. Waits for it: not for transactions."""
    if services.scanner is None:
        return "none"
    fate = services.scanner.scan(content).fate
    services.meters.scans.labels(fate).inc()
    return fate


def look_at_waiting(services: Services, _payload: dict[str, Any]) -> Looked:
    """Show the originals of pictures that wait to the scanner, oldest first, until it does not answer."""
    with read(services) as session:
        waiting = picture_scans.list_waiting(session)
    looked = Looked(more=len(waiting) == picture_scans.AT_ONCE)
    for one in waiting:
        fate = _fate_of(services, held_id=one.held_id)
        if fate == "away":
            return Looked(looked.fates, more=False, away=True)
        looked.fates[one.picture_id] = fate
    return looked


def _fate_of(services: Services, *, held_id: str) -> Literal["clean", "found", "away"]:
    try:
        content = services.files.get(held_id)
    except CareDeskError:
        # What cannot be looked at is not shown, and would hold up all others if it were tried again for ever.
        return "found"
    fate = scanned(services, content)
    return "away" if fate == "none" else fate
