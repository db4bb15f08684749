"""A wrong password costs the same whether the account exists or not, so that the time of an answer tells nothing.

What is compared is the work itself, hashes and statements; seconds would depend on the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from argon2 import extract_parameters
from flask.testing import FlaskClient
from sqlalchemy import event

from caredesk.accounts import passwords
from caredesk.accounts.models import Staff
from tests.fixtures.desk import DeskForTests
from tests.fixtures.passwords import PASSWORD_HASH, QUICK

pytestmark = pytest.mark.usefixtures("quick_hashing")


@dataclass
class Effort:
    """What the desk did for one answer."""

    statements: list[str] = field(default_factory=list)
    hashes: list[object] = field(default_factory=list)

    def take(self) -> tuple[list[str], list[object]]:
        """Return it and begin anew; how many rows a statement writes is in its text and says nothing."""
        told = [re.sub(r"\s+", " ", one) for one in self.statements], list(self.hashes)
        self.statements.clear()
        self.hashes.clear()
        return told


class CountingHasher:
    """Argon2 as ever, and a note of each hash that was compared."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort

    def verify(self, stored: str, password: bytes) -> bool:
        self._effort.hashes.append(extract_parameters(stored))
        return QUICK.verify(stored, password)

    def __getattr__(self, name: str) -> Any:
        return getattr(QUICK, name)


@pytest.fixture
def effort(desk: DeskForTests, monkeypatch: pytest.MonkeyPatch) -> Iterator[Effort]:
    told = Effort()
    engine = desk.services.store.engine

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        told.statements.append(statement)

    monkeypatch.setattr(passwords, "_HASHER", CountingHasher(told))
    event.listen(engine, "before_cursor_execute", note)
    yield told
    event.remove(engine, "before_cursor_execute", note)


def test_a_wrong_password_costs_the_same_for_every_login(
    desk: DeskForTests, client: FlaskClient, effort: Effort
) -> None:
    for login in ("lina", "left"):
        desk.add_staff(login)
        with desk.write() as work:
            account = work.session.query(Staff).filter_by(login=login).one()
            account.password_hash, account.active = PASSWORD_HASH, login != "left"
    efforts, answers = {}, {}
    for login in ("warms-up", "lina", "left", "nobody"):
        effort.take()
        answer = client.post("/api/auth/sign-in", json={"login": login, "password": "wrong password"})
        efforts[login], answers[login] = effort.take(), (answer.status_code, answer.json["code"])
    assert answers["lina"] == answers["left"] == answers["nobody"] == (401, "auth.bad_credentials")
    assert [len(hashes) for _, hashes in efforts.values()] == [1, 1, 1, 1]
    assert efforts["lina"] == efforts["left"] == efforts["nobody"]
