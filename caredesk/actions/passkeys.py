"""Passkeys: adding one, naming and removing one's own, signing in and opening a locked screen with one.

Refusals of what a device signed are returned, not raised: the challenge is used up by a wrong answer, too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.accounts import passkey_queries, queries
from caredesk.accounts.errors import (
    BadPasskey,
    NotLocked,
    PasskeyRefused,
    PasskeyTaken,
    TooManyPasskeys,
    WrongPassword,
)
from caredesk.accounts.models import Passkey, PasskeyChallenge, Staff
from caredesk.accounts.passkeys import Party, challenge_in, handle_of, read_made, read_used
from caredesk.accounts.schemas import (
    MadePasskey,
    OwnPasskeys,
    PasskeyToMake,
    PasskeyToUse,
    PasskeyView,
    PasswordCheck,
    SignedIn,
    UsedPasskey,
)
from caredesk.actions import idle_lock, sign_in_steps
from caredesk.actions.accounts import (
    STRANGER,
    Place,
    SignInOpened,
    SignInRefused,
    is_still_right,
    open_session,
)
from caredesk.actions.sign_in_steps import SignInHalf
from caredesk.conversations.house_queries import get_hospital
from caredesk.conversations.rules import tidy_text
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id, new_token, token_hash
from caredesk.core.work import Work

CHALLENGE_LIFE = timedelta(minutes=5)
"""Long enough for a telephone that has to be fetched."""

MOST = 10
"""Passkeys that one person may have."""

Purpose = Literal["add", "sign_in", "open"]


# ---- one's own -------------------------------------------------------------------------------------------


def own_passkeys(session: Session, *, staff_id: str, offered: bool) -> OwnPasskeys:
    """Return one's own passkeys."""
    found = passkey_queries.list_passkeys(session, staff_id=staff_id)
    return OwnPasskeys(offered=offered, passkeys=[_view(one) for one in found])


def want(work: Work, *, me: SignedIn, check: PasswordCheck, party: Party) -> PasskeyToMake:
    """Ask a device for a key, on the password: a browser that was left open must not bind a stranger's device."""
    if check.staff_id != me.staff_id or not is_still_right(work, check=check):
        raise WrongPassword
    mine = passkey_queries.list_passkeys(work.session, staff_id=me.staff_id)
    if len(mine) >= MOST:
        raise TooManyPasskeys
    return PasskeyToMake(
        challenge=_challenge(work, purpose="add", session_id=me.session_id),
        rp_id=party.id,
        rp_name=get_hospital(work.session).name or "caredesk",
        user_id=handle_of(me.staff_id),
        user_name=me.login,
        user_display_name=me.name,
        exclude=[one.credential_id for one in mine],
        timeout_seconds=int(CHALLENGE_LIFE.total_seconds()),
    )


def add(work: Work, *, me: SignedIn, made: MadePasskey, party: Party) -> PasskeyView | BadPasskey:
    """Keep the public half of a key that a device has made."""
    challenge = _claimed(work, made.client_data, purpose="add", session_id=me.session_id)
    key = read_made(made, challenge=challenge, party=party) if challenge else None
    if key is None:
        return BadPasskey()
    # Its owner's row is locked, so that two pages at once do not exceed what one may have.
    queries.lock_staff(work.session, staff_id=me.staff_id)
    if len(passkey_queries.list_passkeys(work.session, staff_id=me.staff_id)) >= MOST:
        raise TooManyPasskeys
    credential_hash = token_hash(key.credential_id)
    if passkey_queries.lock_passkey(work.session, credential_hash=credential_hash) is not None:
        raise PasskeyTaken
    row = Passkey(
        id=new_id(),
        staff_id=me.staff_id,
        credential_hash=credential_hash,
        credential_id=key.credential_id,
        public_key=key.public_key,
        signed=key.signed,
        name=_named(made.name),
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    _attest(work, "passkey.added", row=row)
    return _view(row)


def rename(work: Work, *, passkey_id: str, name: str) -> None:
    """Call one of one's own passkeys something else."""
    row = passkey_queries.get_passkey_of(work.session, passkey_id=passkey_id, staff_id=work.actor.id)
    row.name = _named(name)


def remove(work: Work, *, passkey_id: str) -> None:
    """Let one of one's own passkeys open nothing any more."""
    row = passkey_queries.get_passkey_of(work.session, passkey_id=passkey_id, staff_id=work.actor.id)
    _attest(work, "passkey.removed", row=row)
    work.session.delete(row)
    work.session.flush()


# ---- using one -------------------------------------------------------------------------------------------


def ask(work: Work, *, party: Party, purpose: Purpose, session_id: str = "") -> PasskeyToUse:
    """Ask a device to sign with whichever key it holds for the desk."""
    challenge = _challenge(work, purpose=purpose, session_id=session_id)
    return PasskeyToUse(challenge=challenge, rp_id=party.id, timeout_seconds=int(CHALLENGE_LIFE.total_seconds()))


def sign_in(work: Work, *, used: UsedPasskey, party: Party, place: Place) -> SignInOpened | SignInHalf | SignInRefused:
    """Open a session for whose passkey it is: it is both factors, so only a password that must change may be asked."""
    staff = _owner(work, used=used, party=party, purpose="sign_in")
    if staff is None:
        return SignInRefused(PasskeyRefused())
    step = sign_in_steps.step_for(work, staff=staff, proven=True, policy=place.policy)
    if step is not None:
        return sign_in_steps.open_half(work, staff=staff, step=step, proven=True)
    return open_session(work, staff=staff, address=place.address, user_agent=place.user_agent, policy=place.policy)


def open_screen(work: Work, *, me: SignedIn, used: UsedPasskey, party: Party) -> PasskeyRefused | None:
    """Open one's own locked screen with one's own passkey."""
    if me.locked_at is None:
        raise NotLocked
    staff = _owner(work, used=used, party=party, purpose="open", session_id=me.session_id)
    if staff is None or staff.id != me.staff_id:
        work.attest(Deed("screen.refused", subject=f"staff:{me.staff_id}", why="passkey"))
        return PasskeyRefused()
    idle_lock.open_screen(work, me=me)
    return None


def _owner(work: Work, *, used: UsedPasskey, party: Party, purpose: Purpose, session_id: str = "") -> Staff | None:
    """Return whose passkey has signed what was asked for; a refusal is in the audit."""
    challenge = _claimed(work, used.client_data, purpose=purpose, session_id=session_id)
    row = passkey_queries.lock_passkey(work.session, credential_hash=token_hash(used.id)) if challenge else None
    if row is None or used.user_handle != handle_of(row.staff_id):
        _refuse(work)
        return None
    signed = read_used(used, challenge=challenge, party=party, public_key=row.public_key)
    staff = queries.find_staff(work.session, staff_id=row.staff_id)
    if signed is None or staff is None or not staff.active:
        _refuse(work, row=row)
        return None
    # A count that does not go on is a copy's, or the copy has signed before: nobody knows which is the owner.
    if (signed or row.signed) and signed <= row.signed:
        _attest(work, "passkey.copied", row=row)
        _refuse(work, row=row)
        return None
    row.signed, row.used_at = signed, work.now
    work.session.flush()
    return staff


def _refuse(work: Work, *, row: Passkey | None = None) -> None:
    subject = f"staff:{row.staff_id}" if row is not None else STRANGER
    work.attest(Deed("sign_in.refused", subject=subject, why="passkey"))


# ---- helpers ---------------------------------------------------------------------------------------------


def _challenge(work: Work, *, purpose: Purpose, session_id: str) -> str:
    passkey_queries.drop_old_challenges(work.session, now=work.now)
    challenge, until = new_token(), work.now + CHALLENGE_LIFE
    kept = PasskeyChallenge(
        challenge_hash=token_hash(challenge), purpose=purpose, session_id=session_id, expires_at=until
    )
    work.session.add(kept)
    work.session.flush()
    return challenge


def _claimed(work: Work, client_data: str, *, purpose: Purpose, session_id: str) -> str:
    """Return the challenge that a device has signed, used up; empty when it was not ours to sign."""
    challenge = challenge_in(client_data)
    claimed = passkey_queries.claim_challenge(
        work.session, challenge_hash=token_hash(challenge), purpose=purpose, session_id=session_id, now=work.now
    )
    return challenge if claimed else ""


def _named(name: str) -> str:
    return tidy_text(name).strip() or "passkey"


def _view(row: Passkey) -> PasskeyView:
    return PasskeyView(id=row.id, name=row.name, created_at=row.created_at, used_at=row.used_at)


def _attest(work: Work, name: str, *, row: Passkey) -> None:
    work.attest(Deed(name, subject=f"staff:{row.staff_id}", record=f"passkey:{row.id}"))
