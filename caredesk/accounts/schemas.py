"""What actions are told and say about a member of staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from caredesk.accounts.rules import Permission, permissions_of
from caredesk.core.work import Actor


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
