"""What actions are told and say about a member of staff, and what the page of accounts sends and receives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from caredesk.accounts.rules import Permission, Role, SignInStep, permissions_of
from caredesk.core.work import Actor
from caredesk.events.shapes import Shape


@dataclass(frozen=True)
class SignedIn:
    """The person behind a live session, with what the session knows."""

    staff_id: str
    session_id: str
    login: str
    name: str
    name_en: str
    roles: frozenset[str]
    doctor_id: str | None
    csrf_token: str
    last_seen_at: datetime
    expires_at: datetime
    department_id: str = ""
    """Where a nurse works."""
    deed_at: datetime | None = None
    """When a person last did something in this session; unknown for old ones."""
    locked_at: datetime | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the person's roles permit together."""
        return permissions_of(self.roles)

    def may(self, permission: Permission) -> bool:
        """Tell whether the person may do this."""
        return permission in self.permissions

    def actor(self) -> Actor:
        """Return the person as actions know them."""
        return Actor(kind="staff", id=self.staff_id, name=self.name, roles=self.roles)


@dataclass(frozen=True)
class PasswordCheck:
    """The outcome of comparing a password, made before the transaction because hashing is slow on purpose.

    `staff_id` is None when they do not belong together. `stored_hash` is what was compared, so that a password
    changed in between does not count; `fresh_hash` replaces one made with weaker parameters.
    """

    login_hash: str
    staff_id: str | None
    account: str = ""
    """Whose login it is, also when the password was wrong; empty when it is nobody's. Never shown."""

    stored_hash: str | None = None
    fresh_hash: str | None = None


@dataclass(frozen=True)
class NewStaff:
    """An account to open; `password_hash` comes from `choose_password`, `capacity` counts places at the console."""

    login: str
    name: str
    roles: tuple[str, ...]
    password_hash: str
    name_en: str = ""
    doctor_id: str | None = None
    department_id: str = ""
    capacity: int = 5
    must_change: bool = False
    """Whether somebody else knows the password."""


# ---- what the page of accounts sends and receives --------------------------------------------------------


class OpenAccount(Shape):
    """An account to open. It may do nothing until somebody else gives it roles."""

    login: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=60)
    name_en: str = Field(default="", max_length=60)


class GiveRoles(Shape):
    roles: list[Role] = Field(max_length=len(Role))


class SetActive(Shape):
    active: bool


class AccountView(Shape):
    """An account with its roles and how many browsers are signed in. `clashes`: no one person should have its roles."""

    id: str
    login: str
    name: str
    name_en: str
    roles: list[str]
    active: bool
    officer: bool
    clashes: bool
    sessions: int
    second_factor: bool
    passkeys: int
    last_seen_at: datetime | None
    created_at: datetime


class RightsRow(Shape):
    """What one role may do."""

    role: Role
    permissions: list[Permission]


class AccountsPage(Shape):
    """All accounts, and the table of rights in the order in which roles and rights are declared."""

    accounts: list[AccountView]
    rights: list[RightsRow]
    permissions: list[Permission]


class GivenPassword(Shape):
    """A new password; it is shown once and kept nowhere."""

    login: str
    password: str


class OwnSessionView(Shape):
    """One signed-in browser of one's own. `address` is masked; browser and system are codes, `other` when unknown."""

    id: str
    browser: str
    system: str
    address: str
    since: datetime
    last_seen_at: datetime
    here: bool


class OwnSessions(Shape):
    sessions: list[OwnSessionView]


class LockView(Shape):
    """Whose screen it is, whether it is locked, and when it will be if nobody does anything; None: never.

    The token is what opening it must carry, as every write: a page that is loaded anew knows nothing else.
    """

    login: str
    name: str
    locked: bool
    locks_at: datetime | None
    after_seconds: int | None
    """How long nobody may do anything; None: a screen is never locked for that."""
    csrf_token: str


class OpenLock(Shape):
    password: str = Field(min_length=1, max_length=200)


# ---- passkeys --------------------------------------------------------------------------------------------

Bytes = Annotated[str, Field(min_length=1, max_length=8000, pattern=r"^[A-Za-z0-9_-]+$")]
"""Bytes as base64url, as devices give them."""

PasskeyName = Annotated[str, Field(min_length=1, max_length=60)]


class WantPasskey(Shape):
    """Whoever adds a passkey shows the password again."""

    password: str = Field(min_length=1, max_length=200)


class PasskeyToMake(Shape):
    """What a device is asked to make: for which host, for whom, signing what, and not one that it holds already."""

    challenge: str
    rp_id: str
    rp_name: str
    user_id: str
    user_name: str
    user_display_name: str
    exclude: list[str]
    timeout_seconds: int


class PasskeyToUse(Shape):
    """What a device is asked to sign with whichever key it holds for this host."""

    challenge: str
    rp_id: str
    timeout_seconds: int


class MadePasskey(Shape):
    """What a device has made, and how its owner calls it."""

    name: PasskeyName
    id: Bytes
    client_data: Bytes
    attestation: Bytes


class UsedPasskey(Shape):
    """What a device has signed."""

    id: Bytes
    client_data: Bytes
    authenticator_data: Bytes
    signature: Bytes
    user_handle: Bytes


class NamePasskey(Shape):
    name: PasskeyName


class PasskeyView(Shape):
    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


class OwnPasskeys(Shape):
    """One's own passkeys; `offered`: whether the desk's address allows them."""

    offered: bool
    passkeys: list[PasskeyView]


# ---- second factors --------------------------------------------------------------------------------------

Code = Annotated[str, Field(min_length=1, max_length=40)]
Ticket = Annotated[str, Field(min_length=1, max_length=100)]


class HalfOpen(Shape):
    """The password was right; `step` is what comes next, and the ticket opens that and nothing else."""

    ticket: str
    step: SignInStep
    expires_at: datetime


class WithTicket(Shape):
    ticket: Ticket


class TicketCode(Shape):
    """A code of the authenticator, or one of recovery."""

    ticket: Ticket
    code: Code


class TicketPassword(Shape):
    """A new password in place of one that somebody else knows, or that is too old."""

    ticket: Ticket
    new: str = Field(max_length=200)


class GivenCode(Shape):
    code: Code


class WantFactor(Shape):
    """Who has no second factor shows the password again, who replaces one a code of the old one."""

    password: str = Field(default="", max_length=200)
    code: str = Field(default="", max_length=40)


class OfferedFactor(Shape):
    """A secret for an authenticator, as text, as an address and as a QR code (an SVG path of `qr_size` modules)."""

    secret: str
    address: str
    qr_path: str
    qr_size: int


class RecoveryCodes(Shape):
    """Codes that open once each in place of the authenticator; shown once and kept as hashes."""

    codes: list[str]


class OwnFactor(Shape):
    """Whether one has a second factor, how many recovery codes are left, and from when one must have it."""

    added_at: datetime | None
    codes_left: int
    due_at: datetime | None


class FactorDemandView(Shape):
    """A role, and how many days of grace it has; None when no second factor is asked of it."""

    role: Role
    grace_days: int | None
    since: datetime | None


class FactorDemands(Shape):
    roles: list[FactorDemandView]


class DemandFactor(Shape):
    role: Role
    grace_days: int = Field(ge=0, le=90)


class DemandFactors(Shape):
    """All roles that must have a second factor; those left out need none."""

    demands: list[DemandFactor] = Field(max_length=len(Role))
