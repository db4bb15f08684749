"""What the job about old recordings does without a transaction: the bytes go first, then the rows say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caredesk.actions import recordings
from caredesk.edge.services import Services
from caredesk.edge.transactions import read


def delete_expired(services: Services, _payload: dict[str, Any]) -> Sequence[str]:
    """Delete the bytes of recordings past their time and return whose; killed in between it is done again."""
    with read(services) as session:
        ids = recordings.list_expired(session, now=services.clock.now(), days=services.settings.recording_days)
    for recording_id in ids:
        services.recordings.drop(recording_id)
    return ids
