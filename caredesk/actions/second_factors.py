"""One's own second factor: offering one, proving it with a first code, recovery codes, giving it up."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.accounts import factor_queries, queries
from caredesk.accounts.errors import BadCode, FactorDemanded, NothingOffered, WrongPassword
from caredesk.accounts.models import Staff
from caredesk.accounts.schemas import OfferedFactor, OwnFactor, PasswordCheck, RecoveryCodes
from caredesk.accounts.second_factors import (
    address_of,
    new_recovery_codes,
    new_secret,
    normal_code,
    qr_of,
    step_of,
)
from caredesk.actions import sign_in_steps
from caredesk.conversations.house_queries import get_hospital
from caredesk.core.deed import Deed
from caredesk.core.ids import token_hash
from caredesk.core.work import Work


def own_factor(session: Session, *, staff_id: str) -> OwnFactor:
    """Return how somebody's second factor stands."""
    factor = factor_queries.find_factor(session, staff_id=staff_id)
    staff = queries.get_staff(session, staff_id=staff_id)
    return OwnFactor(
        added_at=factor.confirmed_at if factor else None,
        codes_left=factor_queries.count_recovery_codes(session, staff_id=staff_id),
        due_at=sign_in_steps.due_for(session, staff=staff),
    )


def want(work: Work, *, check: PasswordCheck, code: str) -> OfferedFactor:
    """Offer oneself a factor: the first on one's password, another one on a code of that before.

    A browser that was left open must not bind a stranger's telephone.
    """
    staff = queries.lock_staff(work.session, staff_id=work.actor.id)
    if factor_queries.has_factor(work.session, staff_id=staff.id):
        _require_code(work, staff_id=staff.id, code=code)
    elif check.staff_id != staff.id or check.stored_hash != staff.password_hash:
        raise WrongPassword
    return offer(work, staff=staff)


def offer(work: Work, *, staff: Staff) -> OfferedFactor:
    """Make a secret that counts from its first code on; one from before counts until then."""
    factor = factor_queries.claim_factor(work.session, staff_id=staff.id)
    factor.pending = secret = new_secret()
    work.session.flush()
    issuer = get_hospital(work.session).name or "caredesk"
    address = address_of(secret, login=staff.login, issuer=issuer)
    code = qr_of(address)
    return OfferedFactor(secret=secret, address=address, qr_path=code.path, qr_size=code.size)


def confirm(work: Work, *, staff_id: str, code: str) -> RecoveryCodes:
    """Let the offered factor count, on a code of it; return new recovery codes."""
    factor = factor_queries.claim_factor(work.session, staff_id=staff_id)
    if not factor.pending:
        raise NothingOffered
    step = step_of(normal_code(code), secret=factor.pending, now=work.now)
    if step is None:
        raise BadCode
    factor.secret, factor.pending, factor.used_step, factor.confirmed_at = factor.pending, "", step, work.now
    work.session.flush()
    work.attest(Deed("factor.added", subject=f"staff:{staff_id}"))
    return _new_codes(work, staff_id=staff_id)


def renew_codes(work: Work, *, code: str) -> RecoveryCodes:
    """Put ten new recovery codes in the place of one's old ones."""
    queries.lock_staff(work.session, staff_id=work.actor.id)
    _require_code(work, staff_id=work.actor.id, code=code)
    work.attest(Deed("factor.codes_renewed", subject=f"staff:{work.actor.id}"))
    return _new_codes(work, staff_id=work.actor.id)


def give_up(work: Work, *, code: str) -> None:
    """Go without a second factor from now on, unless one's role demands one."""
    staff = queries.lock_staff(work.session, staff_id=work.actor.id)
    if sign_in_steps.due_for(work.session, staff=staff) is not None:
        raise FactorDemanded
    _require_code(work, staff_id=staff.id, code=code)
    factor_queries.drop_factor(work.session, staff_id=staff.id)
    work.attest(Deed("factor.removed", subject=f"staff:{staff.id}"))


def proves(work: Work, *, staff_id: str, code: str) -> bool:
    """Tell whether a code of the authenticator or of recovery is right, and use it up: none opens twice."""
    factor = factor_queries.find_factor(work.session, staff_id=staff_id)
    if factor is None or factor.confirmed_at is None:
        return False
    typed = normal_code(code)
    step = step_of(typed, secret=factor.secret, now=work.now)
    if step is not None:
        return factor_queries.claim_step(work.session, staff_id=staff_id, step=step)
    recovered = factor_queries.claim_recovery_code(
        work.session, staff_id=staff_id, code_hash=_code_hash(typed, staff_id=staff_id)
    )
    if recovered:
        work.attest(Deed("factor.recovered", subject=f"staff:{staff_id}"))
    return recovered


def _require_code(work: Work, *, staff_id: str, code: str) -> None:
    if not proves(work, staff_id=staff_id, code=code):
        raise BadCode


def _new_codes(work: Work, *, staff_id: str) -> RecoveryCodes:
    codes = new_recovery_codes()
    hashes = [_code_hash(normal_code(code), staff_id=staff_id) for code in codes]
    factor_queries.replace_recovery_codes(work.session, staff_id=staff_id, code_hashes=hashes)
    return RecoveryCodes(codes=codes)


def _code_hash(code: str, *, staff_id: str) -> str:
    return token_hash(f"{staff_id}:{code}")
