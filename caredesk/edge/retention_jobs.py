"""What erasing and the time limits do without a transaction: deleting files, and filing a certificate."""

from __future__ import annotations

from typing import Any

from caredesk.core.errors import NotFound
from caredesk.core.leftovers import wipe_leftovers
from caredesk.edge.services import Services
from caredesk.edge.transactions import read
from caredesk.retention import queries


def drop_files(services: Services, payload: dict[str, Any]) -> None:
    """Delete the files that no row names any more; killed in between it is done again."""
    for picture_id in payload["pictures"]:
        services.files.drop(picture_id)
    for recording_id in payload["recordings"]:
        services.recordings.drop(recording_id)


def wipe(services: Services, _payload: dict[str, Any]) -> None:
    """Have the database leave nothing behind of what was erased."""
    wipe_leftovers(services.store)


def file_certificate(services: Services, payload: dict[str, Any]) -> str:
    """File what proves an erasure, signed by the audit's key; return its SHA-256, or nothing where nobody signs."""
    with read(services) as session:
        try:
            erasure = queries.get_erasure(session, erasure_id=payload["erasure_id"])
        except NotFound:
            return ""
    if services.certificates is None or erasure.done_at is None or erasure.decided_at is None:
        return ""
    shown = {
        "certificate": "caredesk.erasure.1",
        "erasure": erasure.id,
        "guardian": erasure.guardian_id,
        "ground": erasure.ground,
        "asked_by": erasure.asked_by,
        "asked_at": erasure.asked_at.isoformat(),
        "allowed_by": erasure.decided_by,
        "allowed_at": erasure.decided_at.isoformat(),
        "done_at": erasure.done_at.isoformat(),
        "gone": erasure.gone,
        "kept_by_law": erasure.kept,
    }
    return services.certificates.file(erasure.id, shown=shown)
