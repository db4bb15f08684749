"""All SQL of what the hospital has set up for its desk: its name, its lists to choose from, its canned replies."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from caredesk.conversations.models import CannedReply, DeskOption, Hospital


def list_options(session: Session, *, kind: str) -> Sequence[DeskOption]:
    return session.scalars(
        select(DeskOption).where(DeskOption.kind == kind).order_by(DeskOption.position, DeskOption.key)
    ).all()


def find_option(session: Session, *, kind: str, key: str) -> DeskOption | None:
    return session.get(DeskOption, (kind, key))


def list_canned_replies(session: Session) -> Sequence[CannedReply]:
    return session.scalars(select(CannedReply).order_by(CannedReply.position, CannedReply.code)).all()


def get_hospital(session: Session) -> Hospital:
    """Return the hospital of this desk; a fresh desk has a nameless one."""
    found = session.get(Hospital, 1)
    return found or Hospital(id=1, name="", name_en="", hotline="", emergency_phone="120", demo=False)


def put_hospital(session: Session, *, name: str, name_en: str, hotline: str, emergency_phone: str, demo: bool) -> None:
    session.merge(
        Hospital(id=1, name=name, name_en=name_en, hotline=hotline, emergency_phone=emergency_phone, demo=demo)
    )
    session.flush()
