"""Options and guards for every test. Database and desk fixtures live in tests/fixtures."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.paid_once import remember_builders, set_aside_what_stays, share_statements
from tests.fixtures.tally import add_to_file
from tests.fixtures.together import Together

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.demo",
    "tests.fixtures.desk",
    "tests.fixtures.backing",
    "tests.fixtures.passwords",
    "tests.fixtures.push_service",
    "tests.fixtures.server",
    "tests.fixtures.oidc",
    "tests.fixtures.wecom",
    "tests.fixtures.whole_reads",
]

LOOPBACK = ("127.", "::1", "localhost")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="the database that tests use; postgres is started from a wheel, or found on the machine",
    )
    parser.addoption(
        "--record",
        action="store_true",
        help="write what tests record for the front end anew, instead of comparing it with what is there",
    )


def pytest_configure(config: pytest.Config) -> None:
    refuse_the_network()
    work_in_memory()
    remember_builders()
    share_statements()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_finish() -> None:
    set_aside_what_stays()


def pytest_sessionfinish() -> None:
    add_to_file()


@pytest.fixture(scope="session")
def store(pytestconfig: pytest.Config) -> str:
    """The kind of database under test: `sqlite` or `postgres`."""
    return str(pytestconfig.getoption("--store"))


def work_in_memory() -> None:
    """Put temporary folders into memory where there is such a file system: every commit of a test is synced."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def refuse_the_network() -> None:
    """Let tests reach this machine only: a test that needs the outside world is a broken test."""
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            message = f"A test tried to reach {address[0]}."
            raise PermissionError(message)
        connect(self, address)

    socket.socket.connect = connect_locally  # type: ignore[method-assign,assignment]
