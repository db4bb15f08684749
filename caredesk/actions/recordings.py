"""Recordings: kept once, heard by those who may with a purpose on the record, deleted when their time is over (B54)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts.access_rules import Thing
from caredesk.actions.replies import AsStaff, can_see
from caredesk.clinic.hours import span_on
from caredesk.conversations import queries as conversation_queries
from caredesk.core.clock import clinic_time
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.telephony import recording_queries as queries
from caredesk.telephony.recording_errors import RecordingGone, RecordingNotFound
from caredesk.telephony.recording_models import Recording, RecordingPlay
from caredesk.telephony.recording_rules import FOR_EVERYONE, Measured, Purpose, check_purpose, kept_until
from caredesk.telephony.recording_schemas import PlayView, RecordingView, Watermark

PURPOSES: tuple[Purpose, ...] = ("service", "quality", "complaint", "training")
SAME_LISTENING = timedelta(hours=1)
"""Within this, going to another place of the same recording is the same listening."""
PLAYS_SHOWN = 20
DELETED_AT_ONCE = 200
DELETES_AT = timedelta(hours=3)
"""Three in the morning at the clinic, when nobody listens."""


@dataclass(frozen=True)
class Handed:
    """What the engine handed over, after its bytes were sealed away."""

    recording_id: str
    call_id: str
    kind: str
    size: int
    sha256: str
    key_id: str
    measured: Measured


def is_kept(session: Session, *, recording_id: str) -> bool:
    """Tell whether a recording has arrived before: then its bytes are not taken again."""
    return queries.find_recording(session, recording_id=recording_id) is not None


def keep(work: Work, handed: Handed) -> bool:
    """Keep the row of a recording whose bytes are sealed away; handed over again it changes nothing."""
    return queries.add_recording(
        work.session,
        values={
            "id": handed.recording_id,
            "call_id": handed.call_id,
            "kind": handed.kind,
            "seconds": handed.measured.seconds,
            "channels": handed.measured.channels,
            "size": handed.size,
            "sha256": handed.sha256,
            "key_id": handed.key_id,
            "peaks": handed.measured.peaks,
            "kept_at": work.now,
        },
    )


# ---- listening -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listener:
    """Who asks for a recording, and when; named in the watermark."""

    who: AsStaff
    name: str
    now: datetime


def recording_view(session: Session, *, recording_id: str, listener: Listener, days: int) -> RecordingView:
    """Return a recording apart from its sound, for somebody who may see its conversation."""
    recording, conversation_id = _heard_by(session, recording_id=recording_id, who=listener.who)
    return _view(session, recording, conversation_id=conversation_id, listener=listener, days=days)


def recordings_of(session: Session, *, conversation_id: str, listener: Listener, days: int) -> list[RecordingView]:
    """Return the recordings of a conversation, for somebody who may see it."""
    conversation = conversation_queries.get_conversation(session, conversation_id=conversation_id)
    if conversation.erased_at is not None:
        # The law has the sound stored for its time; nobody hears it.
        return []
    if not can_see(session, conversation, who=listener.who, thing=Thing.RECORDING):
        raise RecordingNotFound
    return [
        _view(session, recording, conversation_id=conversation_id, listener=listener, days=days)
        for recording in queries.list_recordings_of(session, conversation_id=conversation_id)
    ]


def listen(work: Work, *, recording_id: str, who: AsStaff, purpose: Purpose, from_start: bool, days: int) -> int:
    """Let somebody hear a recording, on the record; return how many bytes it has.

    Whoever goes to another place of what they hear already is not written down again; a new start always is.
    """
    recording, _ = _heard_by(work.session, recording_id=recording_id, who=who)
    check_purpose(purpose, sees_floor=who.sees_floor)
    if not _is_playable(recording, now=work.now, days=days):
        raise RecordingGone
    since = work.now - SAME_LISTENING
    mark = {"recording_id": recording.id, "staff_id": who.staff_id, "purpose": purpose}
    if from_start or not queries.has_played(work.session, **mark, since=since):
        play = RecordingPlay(id=new_id(), staff_name=work.actor.name, at=work.now, **mark)
        queries.add_play(work.session, play=play)
        played = f"recording_play:{play.id}"
        work.attest(Deed("recording.played", subject=f"recording:{recording.id}", why=purpose, record=played))
    return recording.size


def _heard_by(session: Session, *, recording_id: str, who: AsStaff) -> tuple[Recording, str]:
    """Return a recording and its conversation; for whom they are not, they do not exist."""
    recording = queries.get_recording(session, recording_id=recording_id)
    conversation_id = queries.conversation_of(session, call_id=recording.call_id)
    if conversation_id is None:
        raise RecordingNotFound
    conversation = conversation_queries.get_conversation(session, conversation_id=conversation_id)
    if conversation.erased_at is not None:
        raise RecordingNotFound
    if not can_see(session, conversation, who=who, thing=Thing.RECORDING):
        raise RecordingNotFound
    return recording, conversation_id


def _is_playable(recording: Recording, *, now: datetime, days: int) -> bool:
    # The daily job is not awaited: a recording past its time is not heard, whether or not it was deleted yet.
    return recording.deleted_at is None and now < kept_until(recording.kept_at, days=days)


def _view(
    session: Session, recording: Recording, *, conversation_id: str, listener: Listener, days: int
) -> RecordingView:
    who = listener.who
    plays = queries.list_plays(session, recording_id=recording.id, limit=PLAYS_SHOWN) if who.sees_floor else ()
    return RecordingView(
        id=recording.id,
        conversation_id=conversation_id,
        call_id=recording.call_id,
        kind="voicemail" if recording.kind == "voicemail" else "call",
        seconds=recording.seconds,
        channels=recording.channels,
        peaks=recording.peaks,
        kept_at=recording.kept_at,
        kept_until=kept_until(recording.kept_at, days=days),
        playable=_is_playable(recording, now=listener.now, days=days),
        purposes=[purpose for purpose in PURPOSES if who.sees_floor or purpose in FOR_EVERYONE],
        plays=[
            PlayView(staff_id=one.staff_id, staff_name=one.staff_name, purpose=one.purpose, at=one.at) for one in plays
        ],
        watermark=Watermark(name=listener.name, at=listener.now),
    )


# ---- when their time is over -----------------------------------------------------------------------------


def begin_deleting(work: Work) -> None:
    """Have recordings past their time looked for every night; after a start."""
    _look_next(work)


def list_expired(session: Session, *, now: datetime, days: int) -> Sequence[str]:
    """Return recordings whose time is over and whose sound is still there, oldest first, a page at a time."""
    return queries.list_kept_before(session, kept_at=now - timedelta(days=days), limit=DELETED_AT_ONCE)


def note_deleted(work: Work, *, recording_ids: Sequence[str]) -> None:
    """Note that the bytes of recordings were deleted, and come back: at once after a full page, else tomorrow."""
    queries.mark_deleted(work.session, recording_ids=recording_ids, now=work.now)
    if len(recording_ids) >= DELETED_AT_ONCE:
        work.enqueue("delete_recordings", {}, key="delete_recordings")
    else:
        _look_next(work)


def _look_next(work: Work) -> None:
    midnight = span_on(clinic_time(work.now).date(), opens=datetime.min.time(), closes=datetime.min.time()).start
    due = midnight + DELETES_AT
    while due <= work.now:
        due += timedelta(days=1)
    work.enqueue("delete_recordings", {}, due_at=due, key="delete_recordings")
