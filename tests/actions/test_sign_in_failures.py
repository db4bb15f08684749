"""Failed sign-ins: pauses that grow, by account and by address, and nobody locked out at home by strangers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from caredesk.accounts.rules import SignInPolicy
from caredesk.accounts.schemas import NewStaff, PasswordCheck
from caredesk.actions.accounts import SignInOpened, SignInRefused, add_staff, check_password, set_password, sign_in
from caredesk.core.ids import token_hash
from caredesk.core.store import Store
from caredesk.core.work import SYSTEM, Work
from tests.fixtures.desk import MONDAY_MORNING
from tests.fixtures.passwords import PASSWORD, PASSWORD_HASH

pytestmark = pytest.mark.usefixtures("quick_hashing")

MINUTE = timedelta(minutes=1)
POLICY = SignInPolicy(attempts=5, lock=15 * MINUTE, session_life=720 * MINUTE, session_idle=120 * MINUTE)
HOSPITAL, HOME, AWAY = "192.0.2.7", "198.51.100.4", "203.0.113.9"


@dataclass
class Door:
    """A door at which people come from somewhere, with the right password or a wrong one; `until` when it is shut."""

    work: Work
    until: object = None

    def tries(self, login: str, *, address: str) -> str:
        """Come with a wrong password; return the code of the refusal."""
        # What `check_password` says of a wrong password, without the time that it takes.
        account = check_password(self.work.session, login=login, password=PASSWORD).account
        check = PasswordCheck(token_hash(login), staff_id=None, account=account)
        outcome = sign_in(self.work, check=check, address=address, user_agent="", policy=POLICY)
        assert isinstance(outcome, SignInRefused)
        self.until = outcome.error.fields.get("until")
        return outcome.error.code

    def comes(self, login: str = "lina", *, address: str) -> bool:
        """Come with the right password; return whether one is let in."""
        check = check_password(self.work.session, login=login, password=PASSWORD)
        outcome = sign_in(self.work, check=check, address=address, user_agent="", policy=POLICY)
        return isinstance(outcome, SignInOpened)

    def pause(self) -> timedelta:
        return datetime.fromisoformat(str(self.until)) - self.work.now


@pytest.fixture
def door(database: Store) -> Iterator[Door]:
    """One transaction that nobody commits, with Lina and Wang, who have worked at the hospital before."""
    with database.writing() as session:
        work = Work(session=session, now=MONDAY_MORNING, actor=SYSTEM)
        for login in ("lina", "wang"):
            add_staff(work, new=NewStaff(login=login, name=login, roles=("agent",), password_hash=PASSWORD_HASH))
        made = Door(work)
        assert made.comes(address=HOSPITAL)
        yield made


@pytest.mark.parametrize("login", ["lina", "nobody"])
def test_pauses_grow_and_end_whoever_is_meant_and_wherever_strangers_come_from(door: Door, login: str) -> None:
    pauses = []
    for number in range(10):
        code = door.tries(login, address=f"203.0.113.{number}")
        if code == "auth.locked":
            pauses.append(door.pause() // MINUTE)
            door.work.now += door.pause()
    assert pauses == [15, 30, 60, 120, 120, 120]


def test_a_quiet_time_forgets_the_failures(door: Door) -> None:
    for _ in range(5):
        door.tries("lina", address=AWAY)
    door.work.now += door.pause() + POLICY.lock
    assert door.tries("lina", address=AWAY) == "auth.bad_credentials"


def test_strangers_lock_nobody_out_at_an_address_that_the_account_knows(door: Door) -> None:
    for _ in range(6):
        door.tries("lina", address=AWAY)
    assert not door.comes(address=HOME)
    assert door.comes(address=HOSPITAL)


def test_an_address_is_forgotten_when_nobody_has_come_from_there_for_long(door: Door) -> None:
    door.work.now += timedelta(days=31)
    for _ in range(6):
        door.tries("lina", address=AWAY)
    assert not door.comes(address=HOSPITAL)


def test_failures_at_a_known_address_have_a_count_of_their_own(door: Door) -> None:
    codes = [door.tries("lina", address=HOSPITAL) for _ in range(5)]
    assert codes == ["auth.bad_credentials"] * 4 + ["auth.locked"]
    assert not door.comes(address=HOSPITAL)
    assert door.comes(address=HOME)


def test_an_address_that_tries_many_accounts_is_paused_for_those_that_do_not_know_it(door: Door) -> None:
    codes = [door.tries(f"guess{number}", address=HOSPITAL) for number in range(31)]
    assert codes == ["auth.bad_credentials"] * 29 + ["auth.address_locked"] * 2
    assert not door.comes("wang", address=HOSPITAL)
    assert door.comes("lina", address=HOSPITAL)
    assert door.comes("wang", address=HOME)


def test_a_new_password_lifts_every_pause_of_the_account(door: Door) -> None:
    for address in [AWAY] * 5 + [HOSPITAL] * 5:
        door.tries("lina", address=address)
    set_password(door.work, login="lina", new_hash=PASSWORD_HASH)
    assert door.comes(address=AWAY)
    assert door.comes(address=HOSPITAL)


def test_the_beginning_of_a_pause_stands_in_the_audit(door: Door) -> None:
    for _ in range(6):
        door.tries("lina", address=AWAY)
    said = [(deed.name, deed.subject, deed.why) for deed in door.work.deeds if deed.name.startswith("sign_in.")]
    assert said[-3:] == [
        ("sign_in.refused", "staff:", "wrong"),
        ("sign_in.paused", "", "account"),
        ("sign_in.refused", "staff:", "locked"),
    ]
