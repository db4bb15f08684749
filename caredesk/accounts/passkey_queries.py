"""All SQL about passkeys and the challenges that devices sign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from caredesk.accounts.errors import PasskeyNotFound
from caredesk.accounts.models import Passkey, PasskeyChallenge


def list_passkeys(session: Session, *, staff_id: str) -> Sequence[Passkey]:
    """Return somebody's passkeys, oldest first."""
    return session.scalars(select(Passkey).where(Passkey.staff_id == staff_id).order_by(Passkey.id)).all()


def count_passkeys(session: Session) -> Counter[str]:
    """Return how many passkeys each member of staff has."""
    return Counter(session.scalars(select(Passkey.staff_id)))


def lock_passkey(session: Session, *, credential_hash: str) -> Passkey | None:
    """Return the passkey of a credential with its row locked, if anybody has it."""
    query = select(Passkey).where(Passkey.credential_hash == credential_hash).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def get_passkey_of(session: Session, *, passkey_id: str, staff_id: str) -> Passkey:
    """Return one of somebody's own passkeys; another's does not exist."""
    query = select(Passkey).where(Passkey.id == passkey_id, Passkey.staff_id == staff_id)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise PasskeyNotFound
    return found


def drop_passkeys(session: Session, *, staff_id: str) -> int:
    """Remove all passkeys of somebody; return how many there were."""
    return len(session.scalars(delete(Passkey).where(Passkey.staff_id == staff_id).returning(Passkey.id)).all())


def drop_old_challenges(session: Session, *, now: datetime) -> None:
    """Forget challenges that nobody has signed in time."""
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))


def claim_challenge(session: Session, *, challenge_hash: str, purpose: str, session_id: str, now: datetime) -> bool:
    """Use a challenge up; False when it was made for something else, for another session, is over, or was used."""
    query = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == challenge_hash,
        PasskeyChallenge.purpose == purpose,
        PasskeyChallenge.session_id == session_id,
        PasskeyChallenge.expires_at > now,
    )
    return session.execute(query.returning(PasskeyChallenge.challenge_hash)).first() is not None
