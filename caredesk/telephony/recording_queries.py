"""All SQL of recordings and of who has listened to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from caredesk.core.db import upsert_into
from caredesk.telephony.models import Call
from caredesk.telephony.recording_errors import RecordingNotFound
from caredesk.telephony.recording_models import Recording, RecordingPlay


def find_recording(session: Session, *, recording_id: str) -> Recording | None:
    """Return the recording of this id, if it has arrived."""
    return session.get(Recording, recording_id)


def get_recording(session: Session, *, recording_id: str) -> Recording:
    """Return the recording of this id; raise RecordingNotFound without one."""
    recording = session.get(Recording, recording_id)
    if recording is None:
        raise RecordingNotFound
    return recording


def add_recording(session: Session, *, values: dict[str, object]) -> bool:
    """Keep a recording's row; False when it is there already, however it came there."""
    row = upsert_into(session, Recording).values(**values).on_conflict_do_nothing()
    return session.execute(row.returning(Recording.id)).first() is not None


def conversation_of(session: Session, *, call_id: str) -> str | None:
    """Return the conversation that a call belongs to, once the desk knows the call."""
    return session.scalar(select(Call.conversation_id).where(Call.id == call_id))


def list_recordings_of(session: Session, *, conversation_id: str) -> Sequence[Recording]:
    """Return the recordings of a conversation's calls, in the order in which they came."""
    query = select(Recording).join(Call, Call.id == Recording.call_id).where(Call.conversation_id == conversation_id)
    return session.scalars(query.order_by(Recording.kept_at, Recording.id)).all()


def list_kept_before(session: Session, *, kept_at: datetime, limit: int) -> Sequence[str]:
    """Return the ids of the oldest recordings that were kept before an instant and still have their sound."""
    query = select(Recording.id).where(Recording.deleted_at.is_(None), Recording.kept_at < kept_at)
    return session.scalars(query.order_by(Recording.kept_at).limit(limit)).all()


def mark_deleted(session: Session, *, recording_ids: Sequence[str], now: datetime) -> int:
    """Note that the sound of recordings is gone, and what it looked like with it; return how many had it still."""
    gone = (
        update(Recording)
        .where(Recording.id.in_(recording_ids), Recording.deleted_at.is_(None))
        .values(deleted_at=now, peaks=[])
        .returning(Recording.id)
    )
    return len(session.execute(gone).all())


# ---- who listened ----------------------------------------------------------------------------------------


def add_play(session: Session, *, play: RecordingPlay) -> None:
    """Write down that somebody listens."""
    session.add(play)
    session.flush()


def has_played(session: Session, *, recording_id: str, staff_id: str, purpose: str, since: datetime) -> bool:
    """Tell whether somebody began to listen for this purpose since an instant."""
    query = select(RecordingPlay.id).where(
        RecordingPlay.recording_id == recording_id,
        RecordingPlay.staff_id == staff_id,
        RecordingPlay.purpose == purpose,
        RecordingPlay.at >= since,
    )
    return session.scalars(query.limit(1)).first() is not None


def list_plays(session: Session, *, recording_id: str, limit: int) -> Sequence[RecordingPlay]:
    """Return who listened last, newest first."""
    query = select(RecordingPlay).where(RecordingPlay.recording_id == recording_id)
    return session.scalars(query.order_by(RecordingPlay.at.desc(), RecordingPlay.id.desc()).limit(limit)).all()
