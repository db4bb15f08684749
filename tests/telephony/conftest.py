"""What the hotline's tests share: the peers, a desk double, the engine; and when they are skipped.

Without the peers the tests are skipped with the reason; in CI that is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.telephony.baresip import Phone
from tests.telephony.sound import AGENT_HZ
from tests.telephony.tools import missing_tools

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of this folder in one process: they share two cores with four programs each."""
    ours = [item for item in items if HERE in item.path.parents]
    missing = missing_tools()
    if ours and missing and os.environ.get("CI"):
        raise pytest.UsageError(f"The hotline's tests cannot run: {missing}")
    for item in ours:
        item.add_marker(pytest.mark.xdist_group("telephony"))
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture
def start_phone(tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Start phones: `start_phone("1001")`; all end with the test."""
    phones: list[Phone] = []

    def start(user: str, *, server: str = "127.0.0.1:9", hz: float = AGENT_HZ, **options: object) -> Phone:
        folder = tmp_path / f"phone-{user}-{len(phones)}"
        phone = Phone.start(folder, user=user, server=server, secret=f"secret-{user}", hz=hz, **options)  # type: ignore[arg-type]
        phones.append(phone)
        return phone

    yield start
    for phone in phones:
        phone.stop()
