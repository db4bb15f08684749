"""Signing in and out, lock-out, sessions and passwords, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import argon2
import pytest
from sqlalchemy import select

from caredesk.accounts.errors import (
    AccountLocked,
    BadCredentials,
    BadLogin,
    BadName,
    LoginTaken,
    StaffNotFound,
    UnknownRole,
    WeakPassword,
    WrongPassword,
)
from caredesk.accounts.models import Presence, SignInFailure, Staff, StaffSession
from caredesk.accounts.rules import SignInPolicy
from caredesk.accounts.schemas import NewStaff, SignedIn
from caredesk.actions.accounts import (
    PasswordOwner,
    SignInOpened,
    SignInRefused,
    add_staff,
    change_password,
    check_password,
    choose_password,
    find_signed_in,
    is_touch_due,
    set_active,
    set_password,
    sign_in,
    sign_out,
    touch_session,
)
from caredesk.core.ids import token_hash
from caredesk.core.store import Store
from caredesk.core.work import SYSTEM, Actor, Work
from tests.fixtures.desk import MONDAY_MORNING
from tests.fixtures.passwords import NEW_PASSWORD, PASSWORD, PASSWORD_HASH, QUICK

pytestmark = pytest.mark.usefixtures("quick_hashing")

POLICY = SignInPolicy(
    attempts=3,
    lock=timedelta(minutes=15),
    session_life=timedelta(hours=12),
    session_idle=timedelta(hours=2),
)
LINAS = PasswordOwner("LINA", ("李娜", "Li Na"), (PASSWORD_HASH, QUICK.hash("上一句更长的话 41")))
LINA = NewStaff(login="LiNa", name="李娜", roles=("agent",), password_hash=PASSWORD_HASH, name_en="Li Na", capacity=4)


@pytest.fixture
def work(database: Store) -> Iterator[Work]:
    """One transaction that nobody commits; `now` is moved by the tests."""
    with database.writing() as session:
        yield Work(session=session, now=MONDAY_MORNING, actor=SYSTEM)


@pytest.fixture
def lina(work: Work) -> Staff:
    return add_staff(work, new=LINA)


def try_to_sign_in(work: Work, *, login: str = "lina", password: str = PASSWORD) -> SignInOpened | SignInRefused:
    check = check_password(work.session, login=login, password=password)
    return sign_in(work, check=check, address="192.0.2.7", user_agent="Browser/1", policy=POLICY)


def signed_in(work: Work, *, login: str = "lina", password: str = PASSWORD) -> SignInOpened:
    outcome = try_to_sign_in(work, login=login, password=password)
    assert isinstance(outcome, SignInOpened)
    return outcome


def refusal(work: Work, *, login: str = "lina", password: str = PASSWORD) -> BadCredentials | AccountLocked:
    outcome = try_to_sign_in(work, login=login, password=password)
    assert isinstance(outcome, SignInRefused)
    return outcome.error


def find(work: Work, opened: SignInOpened) -> SignedIn | None:
    return find_signed_in(work.session, token=opened.token, idle=POLICY.session_idle, now=work.now)


# ---- accounts --------------------------------------------------------------------------------------------


def test_a_new_account_has_its_login_in_normal_form(lina: Staff) -> None:
    assert (lina.login, lina.name, lina.roles, lina.active) == ("lina", "李娜", ["agent"], True)


def test_an_agent_starts_offline_with_as_many_places_as_told(work: Work, lina: Staff) -> None:
    presence = work.session.get_one(Presence, lina.id)
    assert (presence.state, presence.load, presence.capacity, presence.since) == ("offline", 0, 4, work.now)


def test_who_takes_no_conversations_has_no_presence(work: Work) -> None:
    doctor = add_staff(work, new=replace(LINA, login="wang", roles=("doctor",), doctor_id="d-1"))
    assert work.session.get(Presence, doctor.id) is None
    assert doctor.doctor_id == "d-1"


@pytest.mark.parametrize("login", ["lina", "LINA", " Lina "])
def test_one_login_belongs_to_one_account(work: Work, lina: Staff, login: str) -> None:
    with pytest.raises(LoginTaken):
        add_staff(work, new=replace(LINA, login=login))


def test_a_login_with_other_signs_is_refused(work: Work) -> None:
    with pytest.raises(BadLogin):
        add_staff(work, new=replace(LINA, login="li na"))


@pytest.mark.parametrize("name", ["", "  ", "名" * 61])
def test_a_name_is_neither_empty_nor_endless(work: Work, name: str) -> None:
    with pytest.raises(BadName):
        add_staff(work, new=replace(LINA, name=name))


@pytest.mark.parametrize("roles", [(), ("root",), ("agent", "Agent")])
def test_an_account_needs_roles_that_exist(work: Work, roles: tuple[str, ...]) -> None:
    with pytest.raises(UnknownRole):
        add_staff(work, new=replace(LINA, roles=roles))


# ---- signing in ------------------------------------------------------------------------------------------


def test_the_right_password_opens_a_session(work: Work, lina: Staff) -> None:
    opened = signed_in(work, login="Lina")
    found = find(work, opened)
    assert found == opened.signed_in
    assert found is not None
    assert (found.staff_id, found.login, found.roles) == (lina.id, "lina", frozenset({"agent"}))
    assert found.expires_at == work.now + POLICY.session_life
    assert found.actor() == Actor(kind="staff", id=lina.id, name="李娜", roles=frozenset({"agent"}))


def test_the_database_keeps_no_token_that_opens_a_session(work: Work, lina: Staff) -> None:
    opened = signed_in(work)
    row = work.session.scalars(select(StaffSession)).one()
    assert row.token_hash == token_hash(opened.token)
    assert opened.token not in (row.id, row.csrf_token, row.token_hash)
    assert find_signed_in(work.session, token=row.token_hash, idle=POLICY.session_idle, now=work.now) is None


def test_two_sign_ins_share_neither_token_nor_csrf_token(work: Work, lina: Staff) -> None:
    first, second = signed_in(work), signed_in(work)
    assert first.token != second.token
    assert first.signed_in.csrf_token != second.signed_in.csrf_token


def test_a_very_long_user_agent_is_cut_to_what_is_kept(work: Work, lina: Staff) -> None:
    check = check_password(work.session, login="lina", password=PASSWORD)
    sign_in(work, check=check, address="a" * 500, user_agent="b" * 5000, policy=POLICY)
    row = work.session.scalars(select(StaffSession)).one()
    assert (len(row.address), len(row.user_agent)) == (60, 200)


def test_a_hash_of_weaker_parameters_is_replaced_at_sign_in(work: Work, lina: Staff) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    lina.password_hash = weak
    work.session.flush()
    signed_in(work)
    assert lina.password_hash != weak
    signed_in(work)


def test_a_password_changed_while_it_was_being_compared_opens_nothing(work: Work, lina: Staff) -> None:
    check = check_password(work.session, login="lina", password=PASSWORD)
    set_password(work, login="lina", new_hash=choose_password(NEW_PASSWORD, owner=LINAS))
    outcome = sign_in(work, check=check, address="", user_agent="", policy=POLICY)
    assert isinstance(outcome, SignInRefused)


def test_a_closed_account_is_like_one_that_does_not_exist(work: Work, lina: Staff) -> None:
    opened = signed_in(work)
    set_active(work, login="lina", active=False)
    assert find(work, opened) is None
    assert type(refusal(work)) is BadCredentials
    set_active(work, login="lina", active=True)
    assert find(work, opened) is None
    signed_in(work)


# ---- lock-out --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["lina", "nobody"])
def test_failures_lock_a_login_whether_it_exists_or_not(work: Work, lina: Staff, login: str) -> None:
    errors = [refusal(work, login=login, password="wrong password") for _ in range(4)]
    assert [error.code for error in errors] == [
        "auth.bad_credentials", "auth.bad_credentials", "auth.locked", "auth.locked"
    ]  # fmt: skip
    until = (work.now + POLICY.lock).isoformat()
    assert [error.fields for error in errors] == [{}, {}, {"until": until}, {"until": until}]


def test_a_locked_login_refuses_the_right_password_until_the_lock_ends(work: Work, lina: Staff) -> None:
    for _ in range(3):
        refusal(work, password="wrong password")
    start = work.now
    work.now = start + POLICY.lock - timedelta(seconds=1)
    assert refusal(work).code == "auth.locked"
    work.now = start + POLICY.lock
    signed_in(work)


def test_a_success_starts_the_count_afresh(work: Work, lina: Staff) -> None:
    for _ in range(2):
        refusal(work, password="wrong password")
    signed_in(work)
    assert refusal(work, password="wrong password").code == "auth.bad_credentials"


def test_failures_are_counted_under_the_login_however_it_is_typed(work: Work, lina: Staff) -> None:
    codes = [refusal(work, login=login, password="wrong password").code for login in ("lina", "LINA", "ｌｉｎａ ")]
    assert codes[-1] == "auth.locked"


def test_the_login_that_failed_is_not_kept_in_words(work: Work) -> None:
    refusal(work, login="my secret password", password="wrong password")
    kept = work.session.scalars(select(SignInFailure.login_hash)).all()
    assert token_hash("my secret password") in kept
    assert all(len(one) == 64 for one in kept)


def test_old_failures_of_made_up_logins_do_not_pile_up(work: Work) -> None:
    for number in range(5):
        refusal(work, login=f"made-up-{number}", password="wrong password")
    work.now += POLICY.lock + timedelta(seconds=1)
    refusal(work, login="another", password="wrong password")
    # One is the login's, the other the address's.
    assert len(work.session.scalars(select(SignInFailure)).all()) == 2


def test_a_new_password_from_the_command_line_lifts_a_lock(work: Work, lina: Staff) -> None:
    for _ in range(3):
        refusal(work, password="wrong password")
    set_password(work, login="lina", new_hash=choose_password(NEW_PASSWORD, owner=LINAS))
    signed_in(work, password=NEW_PASSWORD)


# ---- sessions --------------------------------------------------------------------------------------------


def test_a_session_ends_when_left_alone(work: Work, lina: Staff) -> None:
    opened = signed_in(work)
    work.now += POLICY.session_idle - timedelta(seconds=1)
    assert find(work, opened) is not None
    work.now += timedelta(seconds=1)
    assert find(work, opened) is None


def test_use_keeps_a_session_alive_but_not_beyond_its_life(work: Work, lina: Staff) -> None:
    opened = signed_in(work)
    session_id = opened.signed_in.session_id
    for _ in range(11):
        work.now += timedelta(hours=1)
        assert find(work, opened) is not None
        touch_session(work, session_id=session_id)
    work.now += timedelta(hours=1)
    assert find(work, opened) is None


def test_use_is_noted_at_most_once_a_minute(work: Work, lina: Staff) -> None:
    opened = signed_in(work)
    start = work.now
    work.now = start + timedelta(seconds=59)
    assert not is_touch_due(opened.signed_in, now=work.now)
    touch_session(work, session_id=opened.signed_in.session_id)
    work.session.expire_all()
    assert work.session.scalars(select(StaffSession.last_seen_at)).one() == start
    work.now = start + timedelta(seconds=60)
    assert is_touch_due(opened.signed_in, now=work.now)
    touch_session(work, session_id=opened.signed_in.session_id)
    assert work.session.scalars(select(StaffSession.last_seen_at)).one() == work.now


def test_signing_out_ends_this_session_only(work: Work, lina: Staff) -> None:
    first, second = signed_in(work), signed_in(work)
    sign_out(work, session_id=first.signed_in.session_id, staff_id=first.signed_in.staff_id)
    assert find(work, first) is None
    assert find(work, second) is not None


def test_signing_in_clears_away_sessions_that_have_ended(work: Work, lina: Staff) -> None:
    signed_in(work)
    work.now += POLICY.session_idle
    latest = signed_in(work)
    assert work.session.scalars(select(StaffSession.id)).all() == [latest.signed_in.session_id]


@pytest.mark.parametrize("token", ["", "x", "' or 1=1 --", "\x00", "a" * 10_000])
def test_a_made_up_token_finds_nobody(work: Work, lina: Staff, token: str) -> None:
    signed_in(work)
    assert find_signed_in(work.session, token=token, idle=POLICY.session_idle, now=work.now) is None


# ---- passwords -------------------------------------------------------------------------------------------


def test_a_change_of_password_ends_the_other_sessions(work: Work, lina: Staff) -> None:
    here, elsewhere = signed_in(work), signed_in(work)
    work.actor = here.signed_in.actor()
    check = check_password(work.session, login="lina", password=PASSWORD)
    new_hash = choose_password(NEW_PASSWORD, owner=LINAS)
    change_password(work, session_id=here.signed_in.session_id, check=check, new_hash=new_hash)
    assert find(work, here) is not None
    assert find(work, elsewhere) is None
    signed_in(work, password=NEW_PASSWORD)
    refusal(work)


def test_a_change_needs_the_current_password(work: Work, lina: Staff) -> None:
    here = signed_in(work)
    work.actor = here.signed_in.actor()
    check = check_password(work.session, login="lina", password="wrong password")
    with pytest.raises(WrongPassword):
        change_password(work, session_id=here.signed_in.session_id, check=check, new_hash=PASSWORD_HASH)


def test_nobody_changes_the_password_of_another(work: Work, lina: Staff) -> None:
    add_staff(work, new=replace(LINA, login="other"))
    work.actor = signed_in(work, login="other").signed_in.actor()
    check = check_password(work.session, login="lina", password=PASSWORD)
    with pytest.raises(WrongPassword):
        change_password(work, session_id="any", check=check, new_hash=PASSWORD_HASH)


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("short", ["too_short"]),
        (PASSWORD, ["unchanged"]),
        ("上一句更长的话 41", ["used_before"]),
        ("Lina-2026-Sommer", ["contains_login", "contains_name"]),
    ],
)
def test_a_weak_new_password_is_refused_with_its_faults(password: str, faults: list[str]) -> None:
    with pytest.raises(WeakPassword) as refused:
        choose_password(password, owner=LINAS)
    assert refused.value.fields == {"faults": faults}


def test_the_command_line_sets_a_password_and_ends_all_sessions(work: Work, lina: Staff) -> None:
    opened = signed_in(work)
    set_password(work, login=" LINA", new_hash=choose_password(NEW_PASSWORD, owner=LINAS))
    assert find(work, opened) is None
    signed_in(work, password=NEW_PASSWORD)


def test_a_password_of_nobody_cannot_be_set(work: Work) -> None:
    with pytest.raises(StaffNotFound):
        set_password(work, login="nobody", new_hash=PASSWORD_HASH)
