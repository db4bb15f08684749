"""All SQL about second factors, recovery codes, which roles must have one, and sign-ins that are half open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from caredesk.accounts.models import FactorDemand, HalfSignIn, RecoveryCode, SecondFactor
from caredesk.core.db import upsert_into

# ---- somebody's second factor ----------------------------------------------------------------------------


def find_factor(session: Session, *, staff_id: str) -> SecondFactor | None:
    """Return somebody's second factor, also one that waits for its first code."""
    return session.get(SecondFactor, staff_id)


def claim_factor(session: Session, *, staff_id: str) -> SecondFactor:
    """Return somebody's row of a second factor, locked; an empty one when there was none."""
    row = upsert_into(session, SecondFactor).values(staff_id=staff_id, secret="", pending="", used_step=0)
    session.execute(row.on_conflict_do_nothing(index_elements=["staff_id"]))
    query = select(SecondFactor).where(SecondFactor.staff_id == staff_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def has_factor(session: Session, *, staff_id: str) -> bool:
    """Tell whether somebody has a second factor that was proven."""
    query = select(SecondFactor.staff_id).where(
        SecondFactor.staff_id == staff_id, SecondFactor.confirmed_at.is_not(None)
    )
    return session.scalars(query).first() is not None


def who_have_factors(session: Session) -> set[str]:
    """Return the ids of all who have a second factor that was proven."""
    return set(session.scalars(select(SecondFactor.staff_id).where(SecondFactor.confirmed_at.is_not(None))))


def claim_step(session: Session, *, staff_id: str, step: int) -> bool:
    """Use a time step up; False when it, or a later one, was used before, by whatever process."""
    query = update(SecondFactor).where(SecondFactor.staff_id == staff_id, SecondFactor.used_step < step)
    claim = query.values(used_step=step).returning(SecondFactor.staff_id)
    return session.execute(claim).first() is not None


def drop_factor(session: Session, *, staff_id: str) -> bool:
    """Remove somebody's second factor and their recovery codes; False when there was none."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    query = delete(SecondFactor).where(SecondFactor.staff_id == staff_id).returning(SecondFactor.confirmed_at)
    found = session.execute(query).first()
    return found is not None and found[0] is not None


# ---- recovery codes --------------------------------------------------------------------------------------


def replace_recovery_codes(session: Session, *, staff_id: str, code_hashes: Iterable[str]) -> None:
    """Put new recovery codes in the place of those before."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    session.add_all(RecoveryCode(code_hash=one, staff_id=staff_id) for one in code_hashes)
    session.flush()


def claim_recovery_code(session: Session, *, staff_id: str, code_hash: str) -> bool:
    """Use a recovery code up; False when there is none such."""
    query = delete(RecoveryCode).where(RecoveryCode.code_hash == code_hash, RecoveryCode.staff_id == staff_id)
    return session.execute(query.returning(RecoveryCode.code_hash)).first() is not None


def count_recovery_codes(session: Session, *, staff_id: str) -> int:
    """Return how many recovery codes somebody has left."""
    return session.scalar(select(func.count()).where(RecoveryCode.staff_id == staff_id)) or 0


# ---- who must have one -----------------------------------------------------------------------------------


def list_demands(session: Session) -> Sequence[FactorDemand]:
    """Return the roles that must have a second factor."""
    return session.scalars(select(FactorDemand).order_by(FactorDemand.role)).all()


def put_demand(session: Session, *, role: str, grace_days: int, now: datetime) -> None:
    """Have a role need a second factor; one that does already keeps the day from which it counts."""
    row = upsert_into(session, FactorDemand).values(role=role, grace_days=grace_days, since=now)
    session.execute(row.on_conflict_do_update(index_elements=["role"], set_={"grace_days": grace_days}))


def drop_demands(session: Session, *, roles: Iterable[str]) -> None:
    """Let roles go without a second factor."""
    session.execute(delete(FactorDemand).where(FactorDemand.role.in_(sorted(roles))))


# ---- half-open sign-ins ----------------------------------------------------------------------------------


def drop_old_half(session: Session, *, now: datetime) -> None:
    """Forget half-open sign-ins that have expired."""
    session.execute(delete(HalfSignIn).where(HalfSignIn.expires_at <= now))


def find_half(session: Session, *, ticket_hash: str, now: datetime) -> HalfSignIn | None:
    """Return the half-open sign-in of a ticket, if it still counts."""
    query = select(HalfSignIn).where(HalfSignIn.ticket_hash == ticket_hash, HalfSignIn.expires_at > now)
    return session.scalars(query).one_or_none()


def lock_half(session: Session, *, ticket_hash: str, now: datetime) -> HalfSignIn | None:
    """Return the half-open sign-in of a ticket with its row locked, if it still counts."""
    query = select(HalfSignIn).where(HalfSignIn.ticket_hash == ticket_hash, HalfSignIn.expires_at > now)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()


def drop_half(session: Session, *, ticket_hash: str) -> None:
    """End one half-open sign-in."""
    session.execute(delete(HalfSignIn).where(HalfSignIn.ticket_hash == ticket_hash))
