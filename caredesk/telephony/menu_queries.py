"""All SQL of the hotline's set-up and of recorded prompts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from caredesk.core.db import upsert_into
from caredesk.telephony.menu_models import HotlineVersion, PromptRecording


def newest_version(session: Session) -> HotlineVersion | None:
    """Return the version that holds, if anybody has changed the set-up."""
    return session.scalars(select(HotlineVersion).order_by(HotlineVersion.version.desc()).limit(1)).first()


def list_versions(session: Session, *, limit: int) -> Sequence[HotlineVersion]:
    """Return the last versions, newest first."""
    return session.scalars(select(HotlineVersion).order_by(HotlineVersion.version.desc()).limit(limit)).all()


def add_version(session: Session, *, values: dict[str, object]) -> bool:
    """Keep a version; False when somebody else has kept one of this number: the key decides, also under races."""
    row = upsert_into(session, HotlineVersion).values(**values).on_conflict_do_nothing()
    return session.execute(row.returning(HotlineVersion.version)).first() is not None


def list_prompt_recordings(session: Session) -> Sequence[PromptRecording]:
    """Return every prompt that was recorded by people."""
    return session.scalars(select(PromptRecording).order_by(PromptRecording.name)).all()


def find_prompt_recording(session: Session, *, name: str) -> PromptRecording | None:
    """Return the recording that is played in the place of a prompt, if there is one."""
    return session.get(PromptRecording, name)


def put_prompt_recording(session: Session, *, values: dict[str, object]) -> None:
    """Keep a recording in the place of a prompt; an earlier one is replaced."""
    row = upsert_into(session, PromptRecording).values(**values)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))


def drop_prompt_recording(session: Session, *, name: str) -> bool:
    """Let a prompt be spoken by the program again; False when it was not recorded."""
    gone = delete(PromptRecording).where(PromptRecording.name == name).returning(PromptRecording.name)
    return session.execute(gone).first() is not None
