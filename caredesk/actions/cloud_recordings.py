"""Recordings of calls that a cloud call centre carried: fetched from where its pushes say, kept like those of our own.

A vendor keeps them for some months only. What cannot be fetched in half a day, and an answered call of which no
recording was ever told, is said on the conversation's timeline: whoever looks for the sound must not wait for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.actions import call_views, recordings
from caredesk.actions.recordings import Handed
from caredesk.actions.timeline import Key, append_notice, changed
from caredesk.conversations import posting_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.core.work import Work
from caredesk.telephony import cloud_queries, queries, recording_queries
from caredesk.telephony.cloud_events import CloudEvent
from caredesk.telephony.cloud_models import CloudPush
from caredesk.telephony.cloud_providers import read_push
from caredesk.telephony.models import Call

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 600))
"""After each try that came to nothing; a vendor may tell of a recording before it is there."""
NONE_AFTER = timedelta(hours=2)
"""Vendors tell of recordings within minutes."""
SENDER = "cloud_recordings"


@dataclass(frozen=True)
class Wanted:
    """A recording that is still to be fetched."""

    address: str
    kind: str


@dataclass(frozen=True)
class Missed:
    """Why a recording did not come; `lasting` when it will not come later either."""

    code: str
    lasting: bool = False


def ask_for(work: Work, call: Call, *, pushes: Collection[CloudPush]) -> None:
    """Have every recording fetched that a call's pushes tell of, once each, and look later whether there was one."""
    for push in pushes:
        event = _read(push)
        if event is None or not event.sound:
            continue
        recording_id = _id_of(push.provider, event=event)
        if recordings.is_kept(work.session, recording_id=recording_id) or _is_noted(work.session, about=recording_id):
            continue
        payload = {"recording_id": recording_id, "call_id": call.id, "push_id": push.id, "tries": 0}
        work.enqueue("fetch_cloud_recording", payload, key=f"cloud_sound:{recording_id}", not_later=True)
    if call.ended_at is not None and call.bridged_at is not None and not _is_noted(work.session, about=call.id):
        due = call.ended_at + NONE_AFTER
        key = f"cloud_silent:{call.id}"
        work.enqueue("miss_cloud_recording", {"call_id": call.id}, due_at=due, key=key, not_later=True)


def _read(push: CloudPush) -> CloudEvent | None:
    return read_push(push.provider, push.body, action=push.action, event_id=push.event_id)


def _id_of(provider: str, *, event: CloudEvent) -> str:
    """Return the same id for the same recording, however often it is told of."""
    words = f"{provider}\n{event.call}\n{event.recording}\n{event.sound}"
    return f"c{hashlib.sha256(words.encode()).hexdigest()[:40]}"


def find_wanted(session: Session, *, recording_id: str, push_id: str) -> Wanted | None:
    """Return where a recording is; None when it is kept already, or the push was forgotten that told of it."""
    if recordings.is_kept(session, recording_id=recording_id):
        return None
    push = cloud_queries.find_push(session, push_id=push_id)
    event = _read(push) if push is not None else None
    if event is None or not event.sound:
        return None
    return Wanted(event.sound, "voicemail" if event.kind == "message" else "call")


def keep_fetched(
    work: Work, *, recording_id: str, call_id: str, push_id: str, tries: int, fetched: Handed | Missed | None
) -> None:
    """Keep a recording that was fetched; try again later what did not come, and say so after the last try."""
    if isinstance(fetched, Handed):
        recordings.keep(work, fetched)
        _tell(work, call_id=call_id)
    elif isinstance(fetched, Missed) and (fetched.lasting or tries >= len(PAUSES)):
        _note(work, call_id=call_id, code="recording.missing", about=recording_id)
    elif isinstance(fetched, Missed):
        payload = {"recording_id": recording_id, "call_id": call_id, "push_id": push_id, "tries": tries + 1}
        due = work.now + PAUSES[tries]
        work.enqueue("fetch_cloud_recording", payload, due_at=due, key=f"cloud_sound:{recording_id}")


def miss(work: Work, *, call_id: str, fetches: bool) -> None:
    """Say of an answered call that its vendor has told of no recording; `fetches`: whether this desk asks for any."""
    call = queries.find_call(work.session, call_id=call_id)
    if call is None or not fetches:
        return
    told = [_read(push) for push in cloud_queries.list_pushes_of(work.session, call_id=call.id)]
    kept = recording_queries.list_recordings_of(work.session, conversation_id=call.conversation_id)
    if not kept and not any(event is not None and event.sound for event in told):
        _note(work, call_id=call.id, code="recording.none", about=call.id)


# ---- telling -----------------------------------------------------------------------------------------------


def _is_noted(session: Session, *, about: str) -> bool:
    return posting_queries.find_entry_by_key(session, sender=SENDER, client_key=about) is not None


def _note(work: Work, *, call_id: str, code: str, about: str) -> None:
    call = queries.find_call(work.session, call_id=call_id)
    if call is None:
        return
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=call.conversation_id)
    if not _is_noted(work.session, about=about):
        append_notice(work, conversation, code=code, key=Key(SENDER, about))
        changed(work, conversation)


def _tell(work: Work, *, call_id: str) -> None:
    """Have open pages look at the call again: there is something to hear."""
    call = queries.find_call(work.session, call_id=call_id)
    if call is not None:
        conversation = conversation_queries.lock_conversation(work.session, conversation_id=call.conversation_id)
        call_views.tell(work, call, conversation=conversation)
