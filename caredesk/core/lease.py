"""Leases: who of several processes has a duty that one alone may have, and under which number.

A holder's heart beats in the row; a row that stands still while others look is taken from it. Beats are compared and
not hours, so that clocks which differ or jump make nobody holder. Each holder has a higher number than the one before:
whoever is told something under a lower number knows that it comes from one who has been replaced.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from caredesk.core.db import Base, Id, upsert_into

NOBODY = ""


class LeaseRow(Base):
    """One duty. `token` only grows; it is the number under which its holder acts."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(Id, default=NOBODY)
    token: Mapped[int] = mapped_column(BigInteger, default=0)
    beats: Mapped[int] = mapped_column(BigInteger, default=0)


@dataclass(frozen=True)
class Lease:
    """What a look found."""

    holder: str
    token: int
    beats: int


def look_at(session: Session, *, name: str) -> Lease:
    """Return who has a duty; nobody when none has had it yet."""
    row = session.get(LeaseRow, name)
    return Lease(row.holder, row.token, row.beats) if row is not None else Lease(NOBODY, 0, 0)


def take_over(session: Session, *, name: str, holder: str, seen: Lease) -> int | None:
    """Take a duty from whom a look found standing still; return the new number, or None when it has moved since."""
    made = upsert_into(session, LeaseRow).values(name=name, holder=NOBODY, token=0, beats=0)
    session.execute(made.on_conflict_do_nothing(index_elements=["name"]))
    taken = (
        update(LeaseRow)
        .where(LeaseRow.name == name, LeaseRow.token == seen.token, LeaseRow.beats == seen.beats)
        .where(LeaseRow.holder == seen.holder)
        .values(holder=holder, token=LeaseRow.token + 1, beats=0)
    )
    return session.scalar(taken.returning(LeaseRow.token))


def renew(session: Session, *, name: str, token: int) -> bool:
    """Let the holder's heart beat; False when somebody else has the duty by now."""
    beat = update(LeaseRow).where(LeaseRow.name == name, LeaseRow.token == token, LeaseRow.holder != NOBODY)
    return session.scalar(beat.values(beats=LeaseRow.beats + 1).returning(LeaseRow.token)) is not None


def give_back(session: Session, *, name: str, token: int) -> None:
    """Leave a duty, so that the next one need not wait until the row has stood still."""
    session.execute(update(LeaseRow).where(LeaseRow.name == name, LeaseRow.token == token).values(holder=NOBODY))
