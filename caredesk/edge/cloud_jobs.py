"""What the jobs of a cloud call centre do outside any transaction: ask it for a call, fetch what it has recorded."""

from __future__ import annotations

import logging
from typing import Any

from caredesk.actions.cloud_calls_out import claim_wish
from caredesk.actions.cloud_recordings import Missed, find_wanted
from caredesk.actions.recordings import Handed
from caredesk.core.ports import Dialled, NotFetched
from caredesk.core.work import SYSTEM
from caredesk.edge.recording_files import Coming, seal_recording
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.telephony.mp3 import AnyMeter
from caredesk.telephony.recording_errors import RecordingRefused

log = logging.getLogger(__name__)


def dial(services: Services, payload: dict[str, Any]) -> Dialled | None:
    """Ask for one call. After a crash it is not asked for again: nobody is rung twice."""
    if services.call_centre is None:
        return Dialled("refused", error="not_set")
    with write(services, actor=SYSTEM) as work:
        wish = claim_wish(work, call_id=payload["call_id"], number=payload["number"])
    if wish is None:
        return None
    return services.call_centre.dial(login=wish.login, phone=wish.phone, number=wish.number, tag=payload["call_id"])


def fetch_recording(services: Services, payload: dict[str, Any]) -> Handed | Missed | None:
    """Fetch one recording and seal it as it comes; None when it is here already or not to be fetched at all."""
    recording_id = payload["recording_id"]
    if services.vendor_recordings is None:
        return None
    with read(services) as session:
        wanted = find_wanted(session, recording_id=recording_id, push_id=payload["push_id"])
    if wanted is None:
        return None
    coming = Coming(recording_id, payload["call_id"], wanted.kind)
    pieces = services.vendor_recordings.fetch(wanted.address)
    try:
        return seal_recording(services, coming, pieces=pieces, meter=AnyMeter())
    except NotFetched as fault:
        log.info("recording not fetched", extra={"recording_id": recording_id, "code": fault.code})
        return Missed(fault.code, lasting=fault.lasting)
    except RecordingRefused as refused:
        log.info("recording not taken", extra={"recording_id": recording_id, "code": refused.fields["reason"]})
        return Missed("no_sound", lasting=True)
