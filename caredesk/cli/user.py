"""`caredesk user`: open, list and close staff accounts, and set their passwords."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from caredesk.accounts.errors import (
    BadLogin,
    BadName,
    BadWay,
    LoginTaken,
    RolesClash,
    StaffNotFound,
    WeakPassword,
    WeComTaken,
)
from caredesk.accounts.models import Staff
from caredesk.accounts.passwords import new_password
from caredesk.accounts.queries import get_staff_by_login, list_staff
from caredesk.accounts.rules import Role, normal_login
from caredesk.accounts.schemas import NewStaff
from caredesk.accounts.vouched_queries import list_records
from caredesk.actions import accounts, officers
from caredesk.actions.staff_ways import Ways, set_ways
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json, refuse
from caredesk.core.errors import CareDeskError
from caredesk.core.work import Work
from caredesk.edge.transactions import read, write

_REFUSALS: dict[type[CareDeskError], str] = {
    BadLogin: "A login has two to sixty letters, digits, dots, dashes or @.",
    BadWay: "This is too long, or no number that a text message reaches.",
    WeComTaken: "Another account belongs to this member of WeCom.",
    BadName: "A name has one to sixty characters.",
    RolesClash: "One person cannot be two of admin, security and auditor, or one of them and see families.",
    LoginTaken: "There is an account with this login already.",
    StaffNotFound: "There is no account with this login.",
    WeakPassword: "This password is too weak: {faults}.",
}


@click.group("user", help="Open, list and close staff accounts, and set their passwords.")
def user() -> None:
    """Group the commands."""


def _password_options(command: click.decorators.FC) -> click.decorators.FC:
    generate = click.option("--generate", "source", flag_value="generate", help="Make a password and print it once.")
    piped = click.option("--password-stdin", "source", flag_value="stdin", help="Read it from standard input.")
    return piped(generate(command))


@user.command("add", help="Open an account. Asks for the password, unless it is piped in or generated.")
@click.argument("login")
@click.option("--name", required=True, help="Name that families see.")
@click.option("--name-en", default="", help="Name in English.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="Repeat for several roles.",
)
@click.option("--doctor", "doctor_id", help="The clinic's id of the doctor whose account it is.")
@click.option("--department", "department_id", default="", help="The clinic's id of the department of a nurse.")
@click.option("--capacity", type=click.IntRange(1, 50), default=5, show_default=True, help="Conversations at once.")
@_password_options
def add(  # noqa: PLR0913 (each is one option)
    login: str,
    *,
    source: str | None,
    name: str,
    name_en: str,
    roles: tuple[str, ...],
    doctor_id: str | None,
    department_id: str,
    capacity: int,
) -> None:
    """Open an account."""
    password = _password(source)
    new = NewStaff(
        login=login,
        name=name,
        name_en=name_en,
        roles=roles,
        doctor_id=doctor_id,
        department_id=department_id,
        capacity=capacity,
        password_hash=_chosen(password, owner=accounts.PasswordOwner(login, (name, name_en))),
        must_change=source == "generate",
    )
    with _changing() as work:
        officers.check_separate(roles)
        staff = accounts.add_staff(work, new=new)
    click.echo(f"Added {staff.login} ({', '.join(staff.roles)}).")
    _tell_generated(password, source=source)


@user.command("password", help="Set a new password; all sessions of the account end and a lock is lifted.")
@click.argument("login")
@_password_options
def password(login: str, *, source: str | None) -> None:
    """Set a new password."""
    new = _password(source)
    with _refusals(), open_desk() as services, read(services) as session:
        staff_id = get_staff_by_login(session, login=normal_login(login)).id
        owner = accounts.password_owner(session, staff_id=staff_id)
    new_hash = _chosen(new, owner=owner)
    with _changing() as work:
        staff = accounts.set_password(work, login=login, new_hash=new_hash, must_change=source == "generate")
    click.echo(f"Set a new password for {staff.login}; its sessions have ended.")
    _tell_generated(new, source=source)


@user.command("reset-factor", help="Take away a lost second factor; all sessions of the account end.")
@click.argument("login")
def reset_factor(login: str) -> None:
    """Take away a second factor."""
    with _changing() as work:
        had = accounts.reset_factor(work, login=login)
    click.echo("Took the second factor away; its sessions have ended." if had else "There was no second factor.")


@user.command("disable", help="Close an account: its sessions end, its records stay.")
@click.argument("login")
def disable(login: str) -> None:
    """Close an account."""
    with _changing() as work:
        staff = accounts.set_active(work, login=login, active=False)
    click.echo(f"Closed {staff.login}.")


@user.command("enable", help="Open a closed account again.")
@click.argument("login")
def enable(login: str) -> None:
    """Open a closed account again."""
    with _changing() as work:
        staff = accounts.set_active(work, login=login, active=True)
    click.echo(f"Opened {staff.login}.")


@user.command("list", help="List all accounts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def list_accounts(*, as_json: bool) -> None:
    """List all accounts."""
    with open_desk() as services, read(services) as session:
        people = list_staff(session)
    if as_json:
        print_json([_for_programs(person) for person in people])
        return
    for person in people:
        closed = "" if person.active else "  (closed)"
        click.echo(f"{person.login:<20} {', '.join(person.roles):<24} {person.name}{closed}")


@user.command("ways", help="Say where somebody is reached and how other systems call them; '' takes it away.")
@click.argument("login")
@click.option("--doctor", "doctor_id", help="The clinic's id of the doctor whose account it is.")
@click.option("--department", "department_id", help="The clinic's id of the department where a nurse works.")
@click.option("--phone", help="Mobile number that is told of news while the doctor's page is closed.")
@click.option("--wechat", "wechat_id", help="Open id at the hospital's official account, for the same.")
@click.option("--wecom", "wecom_id", help="User id in the hospital's WeCom, to sign in by it.")
def ways(login: str, **given: str | None) -> None:
    """Set how somebody is reached and called."""
    told = {name: value.strip() for name, value in given.items() if value is not None}
    with _changing() as work:
        staff = set_ways(work, login=login, ways=Ways(**told))
    click.echo(f"Noted for {staff.login}: {', '.join(told) or 'nothing'}.")


@user.command("sign-ins", help="List sign-ins that another system vouched for, newest first, with those refused.")
@click.argument("login", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def sign_ins(login: str | None, *, limit: int, as_json: bool) -> None:
    """List sign-ins on another system's word."""
    with _refusals(), open_desk() as services, read(services) as session:
        staff = get_staff_by_login(session, login=normal_login(login)) if login else None
        found = list_records(session, staff_id=staff.id if staff else None, limit=limit)
    rows = [
        {"at": row.at.isoformat(), "way": row.way, "outcome": row.outcome, "login": name, "address": row.address}
        for row, name in found
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['at']}  {row['way']:<6} {row['outcome']:<10} {row['login'] or '-':<20} {row['address']}")


def _chosen(password: str, *, owner: accounts.PasswordOwner) -> str:
    # Before the transaction: hashing takes its time, and a running desk shares the database with this command.
    with _refusals():
        return accounts.choose_password(password, owner=owner)


@contextmanager
def _changing() -> Iterator[Work]:
    """Open the one transaction of a command."""
    with _refusals(), open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        yield work


@contextmanager
def _refusals() -> Iterator[None]:
    """End the command with a sentence and exit code 1 when an action refuses."""
    try:
        yield
    except CareDeskError as error:
        faults = error.fields.get("faults")
        listed = ", ".join(faults) if isinstance(faults, list) else ""
        refuse(_REFUSALS.get(type(error), str(error)).format(faults=listed.replace("_", " ")))


def _for_programs(person: Staff) -> dict[str, object]:
    return {
        "login": person.login,
        "name": person.name,
        "name_en": person.name_en,
        "roles": person.roles,
        "doctor_id": person.doctor_id,
        "active": person.active,
        "created_at": person.created_at.isoformat(),
    }


def _password(source: str | None) -> str:
    if source == "generate":
        return new_password()
    if source == "stdin":
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _tell_generated(password: str, *, source: str | None) -> None:
    if source == "generate":
        click.echo(f"Password (shown once): {password}")
