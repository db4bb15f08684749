"""Pure decisions about staff: what each role may do, how passwords and states behave. Deny is the default."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from caredesk.settings import Settings


class Role(StrEnum):
    """What a member of staff is; one person may be several."""

    AGENT = "agent"
    ASSISTANT = "assistant"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"
    ADMIN = "admin"
    DOCTOR = "doctor"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    SECURITY = "security"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What a route or socket event asks for."""

    WORK = "work"
    """Take offers, reply, close: the console's daily work."""
    SEE_FLOOR = "see_floor"
    """See every conversation and every agent."""
    SEARCH_RECORDS = "search_records"
    EXPORT_RECORDS = "export_records"
    APPROVE_EXPORTS = "approve_exports"
    """Be the second person without whom nothing leaves unmasked; not see what leaves."""
    REVEAL = "reveal"
    """Uncover one masked value, with a reason, on the record."""
    READ_KNOWLEDGE = "read_knowledge"
    EDIT_KNOWLEDGE = "edit_knowledge"
    """Write entries and ask for their review."""
    PUBLISH_KNOWLEDGE = "publish_knowledge"
    """Have entries served, retired and rolled back."""
    OVERRIDE_REGRESSION = "override_regression"
    """Publish although right answers are lost, with a reason, on the record."""
    PLAY_RECORDINGS = "play_recordings"
    """Listen to calls and messages of conversations one may see, for a purpose, on the record."""
    SET_UP_HOTLINE = "set_up_hotline"
    """Say what callers hear, where a digit leads, and how long things may take."""
    SEE_DOCTOR_DESK = "see_doctor_desk"
    """Ask the assistants, and see one's own: a doctor's patients, a nurse's department, a pharmacist's work."""
    SEE_PHARMACY = "see_pharmacy"
    """See which prescriptions and parcels are on their way, whoever's they are, masked."""
    EDIT_REQUEST_TYPES = "edit_request_types"
    """Say what doctors can ask for, with which forms and clocks."""
    SEE_METRICS = "see_metrics"
    SEE_ACCOUNTS = "see_accounts"
    """See who has an account and which roles, and what each role may do."""
    MANAGE_ACCOUNTS = "manage_accounts"
    """Open and close accounts, set passwords anew, sign people out; not say what they may do."""
    CONNECT_SYSTEMS = "connect_systems"
    """Say which of the hospital's systems hear of news, and give them keys; not see any conversation."""
    GIVE_ROLES = "give_roles"
    """Say which roles an account has; not open any."""
    ERASE_FAMILIES = "erase_families"
    """Look up what an erasure of a family would take and ask for it, and hold what must stay."""
    ALLOW_ERASURES = "allow_erasures"
    """Say the second yes to an erasure that somebody else asked for, and lift somebody else's hold; sees no family."""
    READ_AUDIT = "read_audit"
    """See who did and who looked at what, check the chain, take it out; never what was said."""
    SIGNED_IN = "signed_in"
    """Own account only: sign out, change the password, who am I."""


_OWN = frozenset({Permission.SIGNED_IN})
_AGENT = _OWN | {
    Permission.WORK,
    Permission.SEARCH_RECORDS,
    Permission.REVEAL,
    Permission.PLAY_RECORDINGS,
    Permission.READ_KNOWLEDGE,
}
_EDITOR = frozenset({Permission.READ_KNOWLEDGE, Permission.EDIT_KNOWLEDGE, Permission.PUBLISH_KNOWLEDGE})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    Role.ASSISTANT: _AGENT,
    Role.SUPERVISOR: _AGENT
    | _EDITOR
    | {
        Permission.SEE_FLOOR,
        Permission.EXPORT_RECORDS,
        Permission.APPROVE_EXPORTS,
        Permission.SEE_METRICS,
        Permission.OVERRIDE_REGRESSION,
        Permission.SET_UP_HOTLINE,
        Permission.ERASE_FAMILIES,
        Permission.ALLOW_ERASURES,
    },
    Role.EDITOR: _OWN | _EDITOR,
    # Separate duties: who administers accounts does not read conversations, and publishes nothing.
    Role.ADMIN: _OWN
    | {
        Permission.SEE_METRICS,
        Permission.READ_KNOWLEDGE,
        Permission.EDIT_KNOWLEDGE,
        Permission.EDIT_REQUEST_TYPES,
        Permission.SET_UP_HOTLINE,
        Permission.SEE_ACCOUNTS,
        Permission.MANAGE_ACCOUNTS,
        Permission.CONNECT_SYSTEMS,
    },
    Role.DOCTOR: _OWN | {Permission.SEE_DOCTOR_DESK},
    Role.NURSE: _OWN | {Permission.SEE_DOCTOR_DESK},
    Role.PHARMACIST: _OWN | {Permission.SEE_DOCTOR_DESK, Permission.SEE_PHARMACY},
    Role.SECURITY: _OWN
    | {
        Permission.SEE_ACCOUNTS,
        Permission.GIVE_ROLES,
        Permission.APPROVE_EXPORTS,
        Permission.ALLOW_ERASURES,
    },
    Role.AUDITOR: _OWN | {Permission.READ_AUDIT, Permission.SEE_ACCOUNTS},
}

CLINICAL = (Role.DOCTOR, Role.NURSE, Role.PHARMACIST)
"""Those who treat patients and ask the assistants; one who is several sees the day of the first."""


OFFICERS = frozenset({Role.ADMIN, Role.SECURITY, Role.AUDITOR})
"""三员: who opens accounts, who says what they may do, and who looks at what was done are three people (等保三级)."""

_SEES_FAMILIES = frozenset({Permission.WORK, Permission.SEE_FLOOR, Permission.SEE_DOCTOR_DESK})


def is_officer(roles: Iterable[str]) -> bool:
    """Tell whether somebody is one of the three officers."""
    return not OFFICERS.isdisjoint(roles)


def are_separate(roles: Iterable[str]) -> bool:
    """Tell whether one person may have these roles together: one office at most, and none beside families."""
    given = set(roles)
    offices = OFFICERS & given
    return not offices or (len(offices) == 1 and _SEES_FAMILIES.isdisjoint(permissions_of(given)))


def is_role(role: str) -> bool:
    """Tell whether a word names a role."""
    return role in Role.__members__.values()


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return what the roles together permit; an unknown role permits nothing."""
    known = [PERMISSIONS[Role(role)] for role in roles if is_role(role)]
    return frozenset().union(*known)


class PresenceState(StrEnum):
    """坐席状态."""

    READY = "ready"
    BUSY = "busy"
    BREAK = "break"
    OFFLINE = "offline"


# ---- signing in ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignInPolicy:
    """How long a session lives and how many wrong passwords are borne."""

    attempts: int
    lock: timedelta
    session_life: timedelta
    session_idle: timedelta
    password_age: timedelta | None = None
    """After which a password must be changed; None: never for its age."""
    idle_lock: timedelta | None = None
    """After which without a deed of a person a session locks; None: never."""


def sign_in_policy(settings: Settings) -> SignInPolicy:
    """Return the policy that the settings ask for."""
    return SignInPolicy(
        attempts=settings.sign_in_attempts,
        lock=timedelta(minutes=settings.sign_in_lock_minutes),
        session_life=timedelta(hours=settings.session_hours),
        session_idle=timedelta(minutes=settings.session_idle_minutes),
        password_age=timedelta(days=settings.password_days) if settings.password_days else None,
        idle_lock=timedelta(minutes=settings.idle_lock_minutes) if settings.idle_lock_minutes else None,
    )


LONGEST_PAUSE = 8
"""The pause doubles with each further failure, up to so many times the first: two hours, where it is 15 minutes."""

KNOWN_FOR = timedelta(days=30)
"""So long after signing in from an address an account knows it."""


def failures_in_a_row(
    *, attempts: int, last_at: datetime, lock: timedelta, now: datetime, locked_until: datetime | None = None
) -> int:
    """Return the number of this failure; they are forgotten once a first pause's time has passed in peace."""
    last = max(last_at, locked_until or last_at)
    return attempts + 1 if now - last < lock else 1


def lock_after(*, failed_attempts: int, policy: SignInPolicy, now: datetime, bears: int = 1) -> datetime | None:
    """Return until when sign-in is locked after so many failures in a row, or None; never for good.

    `bears` is how many times the failures of one account are borne, where several people share a count.
    """
    too_many = failed_attempts - policy.attempts * bears
    if too_many < 0:
        return None
    # Bounded before it is raised: an attacker chooses the number.
    return now + policy.lock * min(1 << min(too_many, LONGEST_PAUSE), LONGEST_PAUSE)


def is_locked(*, locked_until: datetime | None, now: datetime) -> bool:
    """Tell whether sign-in is refused at this instant whatever the password."""
    return locked_until is not None and now < locked_until


def session_is_live(*, expires_at: datetime, last_seen_at: datetime, idle: timedelta, now: datetime) -> bool:
    """Tell whether a session still counts: neither too old nor left alone for too long."""
    return now < expires_at and now - last_seen_at < idle


class SignInStep(StrEnum):
    """What still stands between a right password and a session, in the order in which it is asked for."""

    CODE = "code"
    ENROL = "enrol"
    """A second factor is demanded and there is none yet."""
    PASSWORD = "password"  # noqa: S105 (the name of a step)
    """Somebody else knows the password, or it is too old."""


@dataclass(frozen=True)
class Demand:
    """A role's people must have a second factor: asked for at a time, with some days of grace."""

    role: str
    since: datetime
    grace: timedelta


def factor_due(demands: Iterable[Demand], *, roles: Iterable[str], created_at: datetime) -> datetime | None:
    """Return from when somebody must have a second factor, None when nobody asks it of them.

    The grace of an account that was opened later begins with the account.
    """
    held = set(roles)
    return min((max(one.since, created_at) + one.grace for one in demands if one.role in held), default=None)


def next_step(
    *, has_factor: bool, proven: bool, due_at: datetime | None, must_change: bool, now: datetime
) -> SignInStep | None:
    """Return what is to be done before a session opens, None when it may.

    `proven`: a code was shown, or a passkey, which is both factors in one. The new password comes last: whoever cannot
    show the second factor changes nothing.
    """
    if has_factor and not proven:
        return SignInStep.CODE
    if not (has_factor or proven) and due_at is not None and due_at <= now:
        return SignInStep.ENROL
    return SignInStep.PASSWORD if must_change else None


TOUCH_EVERY = timedelta(minutes=1)
"""A request notes that its session is in use at most this often, so that reading does not become writing."""


def needs_touch(*, last_seen_at: datetime, now: datetime) -> bool:
    """Tell whether the session's last use is due to be noted."""
    return now - last_seen_at >= TOUCH_EVERY


def quiet_since(
    *, deed_at: datetime, talks: Iterable[tuple[datetime, datetime | None]], lock: timedelta, now: datetime
) -> datetime:
    """Return since when nobody has done anything at a screen: the last deed, or the end of a talk that reaches beyond.

    `talks` are calls of this person, from when until when; without an end they go on. One that began when the screen
    was due to lock already keeps nothing open: else a telephone that is picked up would open a locked screen.
    """
    quiet = deed_at
    for began, ended in sorted(talks, key=lambda talk: talk[0]):
        if began - quiet < lock:
            quiet = max(quiet, ended or now)
    return quiet


# ---- names -----------------------------------------------------------------------------------------------

_LOGIN = re.compile(r"\w[\w.@-]{1,59}")


def normal_login(login: str) -> str:
    """Return the login as it is stored: full-width letters, case and outer blanks make no other person."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def is_login(login: str) -> bool:
    """Tell whether a normalised login is one: two to sixty letters, digits, dots, dashes or @."""
    return _LOGIN.fullmatch(login) is not None


def is_name(name: str) -> bool:
    """Tell whether a name can be shown to families: one to sixty characters."""
    return 1 <= len(name) <= 60
