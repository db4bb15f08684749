"""Pictures and the malware scanner: what it found is refused, and what it has not seen is shown to nobody (B38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.actions import alerts
from caredesk.conversations import picture_queries
from caredesk.conversations.errors import PictureUnsafe, PictureWaiting
from caredesk.conversations.models import Picture
from caredesk.conversations.picture_queries import WaitingPicture
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.events.alert_codes import AlertCode

AT_ONCE = 20
AGAIN_AFTER = timedelta(seconds=30)
"""How long a scanner that does not answer is left alone."""

FOUND: AlertCode = "malware_found"
AWAY: AlertCode = "scanner_away"


@dataclass(frozen=True)
class Looked:
    """What the scanner said of pictures that waited; `away`: it stopped answering, `more`: others wait still."""

    fates: dict[str, Literal["clean", "found"]] = field(default_factory=dict)
    more: bool = False
    away: bool = False


def refuse_unscanned(picture: Picture) -> None:
    """Raise when a picture may not be shown: it waits for the scanner, or the scanner found something."""
    if picture.scan == "waiting":
        raise PictureWaiting
    if picture.scan == "found":
        raise PictureUnsafe


def note_found(work: Work, *, subject: str = "") -> None:
    """Put into the audit that something was found in what somebody has sent, and call for a supervisor."""
    work.attest(Deed("malware.found", subject=subject))
    alerts.raise_alert(work, code=FOUND)


def expect_scan(work: Work) -> None:
    """Have pictures that wait shown to the scanner, soon; meanwhile a supervisor hears that it is away."""
    alerts.raise_alert(work, code=AWAY)
    work.enqueue("scan_pictures", {}, due_at=work.now + AGAIN_AFTER, key="scan_pictures", not_later=True)


def list_waiting(session: Session) -> Sequence[WaitingPicture]:
    """Return pictures that wait for the scanner, oldest first, a batch at a time."""
    return picture_queries.list_waiting(session, limit=AT_ONCE)


def keep_looked(work: Work, *, looked: Looked) -> None:
    """Note what the scanner said of pictures that waited; come again while others wait."""
    for picture_id, fate in looked.fates.items():
        _settle(work, picture_id=picture_id, fate=fate)
    if looked.away:
        expect_scan(work)
        return
    if looked.more:
        work.enqueue("scan_pictures", {}, key="scan_pictures")
    for alert in alerts.open_alerts(work.session):
        if alert.code == AWAY:
            alerts.end(work, alert_id=alert.id)


def _settle(work: Work, *, picture_id: str, fate: Literal["clean", "found"]) -> None:
    held_id = picture_queries.claim_scan(work.session, picture_id=picture_id, fate=fate)
    if held_id is None:
        return
    gone = [held_id]
    if fate == "found":
        gone.append(picture_id)
        note_found(work, subject=f"picture:{picture_id}")
    work.enqueue("drop_files", {"pictures": gone, "recordings": []})
