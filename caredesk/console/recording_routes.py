"""Recordings at the desk: what there is of a conversation, and listening for a purpose, on the record."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import recordings
from caredesk.actions.recordings import Listener
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.recording_files import serve_recording, starts_anew
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.telephony.recording_rules import Purpose
from caredesk.telephony.recording_schemas import RecordingList, RecordingView

TAG = Tag(name="recordings", description="Recordings of calls. Every listening leaves a row.")
api = APIBlueprint("recordings", __name__, url_prefix="/api/desk/recordings", abp_tags=[TAG])


class RecordingPath(BaseModel):
    """A recording by its id."""

    recording_id: str = Field(min_length=1, max_length=64)


class OfConversation(BaseModel):
    """The conversation whose recordings are asked for."""

    conversation_id: str = Field(min_length=1, max_length=36)


class ForPurpose(BaseModel):
    """What somebody listens for."""

    purpose: Purpose


@api.get("", responses={200: RecordingList})
@staff_guard(Permission.PLAY_RECORDINGS)
def get_recordings(query: OfConversation) -> ResponseReturnValue:
    """The recordings of a conversation, in order."""
    with read(current_services()) as session:
        views = recordings.recordings_of(
            session, conversation_id=query.conversation_id, listener=_listener(), days=_days()
        )
    return answer(RecordingList(recordings=views))


@api.get("/<recording_id>", responses={200: RecordingView})
@staff_guard(Permission.PLAY_RECORDINGS)
def get_recording(path: RecordingPath) -> ResponseReturnValue:
    """One recording apart from its sound: length, waveform, until when it is kept, and the viewer's watermark."""
    with read(current_services()) as session:
        view = recordings.recording_view(session, recording_id=path.recording_id, listener=_listener(), days=_days())
    return answer(view)


@api.get("/<recording_id>/audio")
@staff_guard(Permission.PLAY_RECORDINGS)
@limited("listen", by="staff")
def get_audio(path: RecordingPath, query: ForPurpose) -> ResponseReturnValue:
    """The sound, or the part that a player asks for. Written down before the first byte goes out."""
    with write(current_services(), actor=current_actor()) as work:
        size = recordings.listen(
            work,
            recording_id=path.recording_id,
            who=as_staff(),
            purpose=query.purpose,
            from_start=starts_anew(),
            days=_days(),
        )
    return serve_recording(recording_id=path.recording_id, size=size)


def _listener() -> Listener:
    return Listener(who=as_staff(), name=current_actor().name, now=current_services().clock.now())


def _days() -> int:
    return current_services().settings.recording_days
