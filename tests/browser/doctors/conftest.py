"""A desk of its own for tests about one doctor's families: on the other one they have been called and talked to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import RUNNING_DESK
from tests.browser.desk_process import DeskProcess


@pytest.fixture(scope="session")
def desk_process(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[DeskProcess]:
    """A desk on which nobody has asked for anything yet."""
    running = DeskProcess.in_folder(tmp_path_factory.mktemp("doctors_desk"))
    running.start()
    pytestconfig.stash[RUNNING_DESK] = running
    yield running
    running.stop()


@pytest.fixture
def desk(desk_process: DeskProcess) -> DeskProcess:
    return desk_process
