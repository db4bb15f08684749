"""All SQL about accounts, their sessions and failed sign-ins. Presence has a file of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from caredesk.accounts.errors import StaffNotFound
from caredesk.accounts.models import EarlierPassword, HalfSignIn, KnownAddress, SignInFailure, Staff, StaffSession
from caredesk.accounts.rules import TOUCH_EVERY
from caredesk.accounts.schemas import SignedIn
from caredesk.core.db import table_of, upsert_into
from caredesk.core.ids import new_id

# ---- accounts --------------------------------------------------------------------------------------------


def find_staff(session: Session, *, staff_id: str) -> Staff | None:
    """Return the member of staff of this id, if there is one."""
    return session.get(Staff, staff_id)


def get_staff(session: Session, *, staff_id: str) -> Staff:
    """Return the member of staff of this id."""
    staff = find_staff(session, staff_id=staff_id)
    if staff is None:
        raise StaffNotFound(staff_id=staff_id)
    return staff


def names_of_active(session: Session, *, staff_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of those who still work here, by id."""
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(sorted(set(staff_ids))), Staff.active))
    return {row.id: row.name for row in rows}


_STAFF = table_of(Staff).c
_NAMES = select(_STAFF.id, _STAFF.name).where(_STAFF.id.in_(bindparam("wanted", expanding=True)))


def names_of(session: Session, *, staff_ids: Iterable[str]) -> dict[str, str]:
    """Return names by id; nothing else of the members of staff is read, for every message asks this."""
    wanted = sorted(set(staff_ids))
    if not wanted:
        return {}
    return dict(session.execute(_NAMES, {"wanted": wanted}).all())


def find_staff_by_login(session: Session, *, login: str) -> Staff | None:
    """Return the account of a login in its normal form, active or not."""
    return session.scalars(select(Staff).where(Staff.login == login)).one_or_none()


def find_staff_by_doctor(session: Session, *, doctor_id: str) -> Staff | None:
    """Return the account of a doctor of the clinic; none when several have it, for then nobody knows which is meant."""
    found = session.scalars(select(Staff).where(Staff.doctor_id == doctor_id, Staff.active).limit(2)).all()
    return found[0] if len(found) == 1 else None


def find_staff_by_wecom(session: Session, *, wecom_id: str) -> Staff | None:
    """Return the account that belongs to a member of the hospital's WeCom."""
    return session.scalars(select(Staff).where(Staff.wecom_id == wecom_id)).one_or_none()


def get_staff_by_login(session: Session, *, login: str) -> Staff:
    """Return the account of a login in its normal form, active or not."""
    staff = find_staff_by_login(session, login=login)
    if staff is None:
        raise StaffNotFound(login=login)
    return staff


def find_staff_of_doctor(session: Session, *, doctor_id: str) -> Staff | None:
    """Return the account behind which a doctor of the clinic stands; of several the first."""
    query = select(Staff).where(Staff.doctor_id == doctor_id, Staff.active.is_(True)).order_by(Staff.id).limit(1)
    return session.scalars(query).first()


def list_staff(session: Session, *, staff_ids: Iterable[str] | None = None) -> Sequence[Staff]:
    """Return accounts by login; all of them, or those of these ids."""
    query = select(Staff).order_by(Staff.login)
    if staff_ids is not None:
        query = query.where(Staff.id.in_(list(staff_ids)))
    return session.scalars(query).all()


def lock_staff(session: Session, *, staff_id: str) -> Staff:
    """Return the member of staff of this id with the row locked."""
    query = select(Staff).where(Staff.id == staff_id).with_for_update(key_share=True)
    staff = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if staff is None:
        raise StaffNotFound
    return staff


# ---- earlier passwords -----------------------------------------------------------------------------------


def list_earlier_passwords(session: Session, *, staff_id: str) -> Sequence[str]:
    """Return the hashes of somebody's earlier passwords, newest first."""
    query = select(EarlierPassword.password_hash).where(EarlierPassword.staff_id == staff_id)
    return session.scalars(query.order_by(EarlierPassword.id.desc())).all()


def keep_earlier_password(session: Session, *, staff_id: str, password_hash: str, keep: int) -> None:
    """Keep a password's hash, and only the newest of them."""
    session.add(EarlierPassword(id=new_id(), staff_id=staff_id, password_hash=password_hash))
    session.flush()
    mine = select(EarlierPassword.id).where(EarlierPassword.staff_id == staff_id)
    newest = session.scalars(mine.order_by(EarlierPassword.id.desc()).limit(keep)).all()
    old = (EarlierPassword.staff_id == staff_id, EarlierPassword.id.not_in(newest))
    session.execute(delete(EarlierPassword).where(*old))


# ---- sessions --------------------------------------------------------------------------------------------


# Made once and of no more columns than are wanted, for every request of staff asks it.
_OPENED = table_of(StaffSession).c
_BY_TOKEN = (
    select(_STAFF.id.label("staff_id"), _STAFF.login, _STAFF.name, _STAFF.name_en, _STAFF.roles)
    .add_columns(_STAFF.doctor_id, _STAFF.department_id)
    .add_columns(_OPENED.id.label("session_id"), _OPENED.csrf_token, _OPENED.last_seen_at, _OPENED.expires_at)
    .add_columns(_OPENED.deed_at, _OPENED.locked_at)
    .where(_OPENED.token_hash == bindparam("token"), _STAFF.id == _OPENED.staff_id, _STAFF.active)
)


def find_session(session: Session, *, token_hash: str) -> SignedIn | None:
    """Return the active owner of a token with their session; whether it is still live is for the rules to say."""
    found = session.connection().execute(_BY_TOKEN, {"token": token_hash}).mappings().one_or_none()
    if found is None:
        return None
    return SignedIn(**{**found, "roles": frozenset(found["roles"])})


def touch_session(session: Session, *, session_id: str, now: datetime) -> None:
    """Note the use of a session, unless another request has just done so."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id, StaffSession.last_seen_at <= now - TOUCH_EVERY)
        .values(last_seen_at=now)
    )


def note_deed(session: Session, *, session_id: str, now: datetime) -> None:
    """Note that a person has done something, unless another request has just done so, or the session is locked."""
    deed_before = func.coalesce(StaffSession.deed_at, StaffSession.last_seen_at)
    session.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id, StaffSession.locked_at.is_(None), deed_before <= now - TOUCH_EVERY)
        .values(last_seen_at=now, deed_at=now)
    )


def lock_session(session: Session, *, session_id: str, now: datetime) -> bool:
    """Lock a session; False when it is locked already or has ended."""
    locked = update(StaffSession).where(StaffSession.id == session_id, StaffSession.locked_at.is_(None))
    return session.execute(locked.values(locked_at=now).returning(StaffSession.id)).first() is not None


def open_locked_session(session: Session, *, session_id: str, now: datetime) -> bool:
    """Let a locked session go on; False when it is not locked, or has ended."""
    opened = update(StaffSession).where(StaffSession.id == session_id, StaffSession.locked_at.is_not(None))
    changes = {"locked_at": None, "deed_at": now, "last_seen_at": now}
    return session.execute(opened.values(changes).returning(StaffSession.id)).first() is not None


def end_session(session: Session, *, session_id: str) -> None:
    """Remove one session."""
    session.execute(delete(StaffSession).where(StaffSession.id == session_id))


def end_sessions(session: Session, *, staff_id: str, keep: str | None = None) -> int:
    """Remove all sessions of a person, half-open ones too, but for the one to keep; return how many ended."""
    session.execute(delete(HalfSignIn).where(HalfSignIn.staff_id == staff_id))
    query = delete(StaffSession).where(StaffSession.staff_id == staff_id)
    if keep is not None:
        query = query.where(StaffSession.id != keep)
    return len(session.scalars(query.returning(StaffSession.id)).all())


def drop_dead_sessions(session: Session, *, idle: timedelta, now: datetime) -> None:
    """Remove the sessions that no longer count, whoever's they are."""
    dead = or_(StaffSession.expires_at <= now, StaffSession.last_seen_at <= now - idle)
    session.execute(delete(StaffSession).where(dead))


def list_sessions(session: Session, *, idle: timedelta, now: datetime) -> Sequence[StaffSession]:
    """Return the sessions of everybody that still count."""
    query = select(StaffSession).where(StaffSession.expires_at > now, StaffSession.last_seen_at > now - idle)
    return session.scalars(query.order_by(StaffSession.last_seen_at.desc(), StaffSession.id)).all()


def list_sessions_of(session: Session, *, staff_id: str, idle: timedelta, now: datetime) -> Sequence[StaffSession]:
    """Return somebody's sessions that still count, the one used last first."""
    query = select(StaffSession).where(StaffSession.staff_id == staff_id)
    live = query.where(StaffSession.expires_at > now, StaffSession.last_seen_at > now - idle)
    return session.scalars(live.order_by(StaffSession.last_seen_at.desc(), StaffSession.id)).all()


def end_session_of(session: Session, *, session_id: str, staff_id: str) -> bool:
    """Remove a session that is somebody's; False when they have none of this id."""
    query = delete(StaffSession).where(StaffSession.id == session_id, StaffSession.staff_id == staff_id)
    return session.execute(query.returning(StaffSession.id)).first() is not None


# ---- failed sign-ins -------------------------------------------------------------------------------------


def lock_sign_in_failure(session: Session, *, login_hash: str) -> SignInFailure | None:
    """Return the failures under a login, its row locked until the transaction ends, or None when there are none."""
    return session.scalars(_locked_failures(login_hash)).one_or_none()


def claim_sign_in_failure(session: Session, *, login_hash: str, now: datetime) -> SignInFailure:
    """Return the locked row that counts failures under a login, making it when there is none."""
    row = upsert_into(session, SignInFailure).values(login_hash=login_hash, attempts=0, last_at=now)
    session.execute(row.on_conflict_do_nothing(index_elements=["login_hash"]))
    return session.scalars(_locked_failures(login_hash)).one()


def forget_sign_in_failures(session: Session, *, keys: Iterable[str]) -> None:
    """Start counting afresh under logins."""
    session.execute(delete(SignInFailure).where(SignInFailure.login_hash.in_(sorted(keys))))


def drop_old_sign_in_failures(session: Session, *, before: datetime) -> None:
    """Remove failures so old that they no longer count, so that made-up logins do not pile up."""
    over = or_(SignInFailure.locked_until.is_(None), SignInFailure.locked_until < before)
    session.execute(delete(SignInFailure).where(SignInFailure.last_at < before, over))


# ---- known addresses -------------------------------------------------------------------------------------


def knows_address(session: Session, *, staff_id: str, address_hash: str, since: datetime) -> bool:
    """Tell whether somebody has signed in from an address since then."""
    query = select(KnownAddress.staff_id).where(
        KnownAddress.staff_id == staff_id, KnownAddress.address_hash == address_hash, KnownAddress.seen_at >= since
    )
    return session.scalars(query).first() is not None


def know_address(session: Session, *, staff_id: str, address_hash: str, now: datetime) -> None:
    """Note that somebody has signed in from an address."""
    row = upsert_into(session, KnownAddress).values(staff_id=staff_id, address_hash=address_hash, seen_at=now)
    session.execute(row.on_conflict_do_update(index_elements=["staff_id", "address_hash"], set_={"seen_at": now}))


def list_known_addresses(session: Session, *, staff_id: str) -> Sequence[str]:
    """Return the hashes of the addresses that somebody's account knows."""
    return session.scalars(select(KnownAddress.address_hash).where(KnownAddress.staff_id == staff_id)).all()


def drop_old_addresses(session: Session, *, before: datetime) -> None:
    """Forget addresses from which nobody has come for long."""
    session.execute(delete(KnownAddress).where(KnownAddress.seen_at < before))


def _locked_failures(login_hash: str) -> Select[SignInFailure]:
    query = select(SignInFailure).where(SignInFailure.login_hash == login_hash)
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)
