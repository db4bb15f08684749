"""As many threads as there are connections to the database: none of them waits for a second one that nobody gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.pool import QueuePool

from caredesk.core.ids import new_id
from caredesk.core.store import Store
from caredesk.infra.engine import open_store
from caredesk.patients.models import Guardian
from tests.fixtures.database import SECRETS

PATIENCE = 120.0
"""Seconds until so many connections have been opened on a busy machine."""


@pytest.fixture
def busy(database: Store) -> tuple[Store, int]:
    """A store that has opened no key yet, and how many connections it gives at once."""
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    return database, pool.size() + pool._max_overflow


def test_when_every_connection_is_in_use_keys_are_found_all_the_same(
    busy: tuple[Store, int], database_url: str
) -> None:
    store, connections = busy
    names = make_families(database_url, count=connections)
    all_hold_one = Barrier(connections)

    def read_name(number: int) -> str:
        with store.reading() as session:
            session.connection()
            all_hold_one.wait(PATIENCE)
            guardian = session.get(Guardian, list(names)[number])
            return guardian.name if guardian else ""

    with ThreadPoolExecutor(len(names)) as threads:
        assert list(threads.map(read_name, range(len(names)))) == list(names.values())


def make_families(url: str, *, count: int) -> dict[str, str]:
    """Store families, each with a key of its own, by another store; return their names by id."""
    other = open_store(url, secrets=SECRETS)
    names = {new_id(): f"家长{number}" for number in range(count)}
    with other.writing() as session:
        session.add_all(Guardian(id=row_id, name=name) for row_id, name in names.items())
        session.commit()
    other.engine.dispose()
    return names
