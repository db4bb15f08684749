"""What the hotline's tests share: the peers, a desk double, the engine; and when they are skipped.

Without the peers the tests are skipped with the reason; in CI that is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.telephony.baresip import Phone
from tests.telephony.line import Hotline
from tests.telephony.real_desk import Clinic
from tests.telephony.sound import AGENT_HZ
from tests.telephony.stage import Stage, open_stage
from tests.telephony.tools import PATIENCE, missing_tools

HERE = Path(__file__).parent
RUNNING = pytest.StashKey[Hotline]()
FAILED = pytest.StashKey[bool]()


@dataclass
class Clinics:
    """The clinic of a module's tests, opened when one is first needed."""

    folders: pytest.TempPathFactory
    open: Clinic | None = None

    def running(self) -> Clinic:
        if self.open is None:
            self.open = Clinic.open(self.folders.mktemp("clinic"))
        return self.open

    def close(self) -> None:
        if self.open is not None:
            self.open.close()
            self.open = None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of this folder in one process: they share two cores with four programs each."""
    ours = [item for item in items if HERE in item.path.parents]
    missing = missing_tools()
    if ours and missing and os.environ.get("CI"):
        raise pytest.UsageError(f"The hotline's tests cannot run: {missing}")
    for item in ours:
        item.add_marker(pytest.mark.telephony)
        # Sound takes its time, and a machine that stalls for seconds breaks it: a second try tells that from a fault of
        # ours, and the summary names each test that needed it.
        item.add_marker(pytest.mark.flaky(reruns=1))
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(4 * PATIENCE))
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def running_hotline(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Hotline]:
    """One engine with its desk double for all tests that leave it alive."""
    running = Hotline.open(tmp_path_factory.mktemp("hotline"))
    pytestconfig.stash[RUNNING] = running
    yield running
    running.close()


@pytest.fixture
def hotline(running_hotline: Hotline) -> Iterator[Hotline]:
    """The running hotline; the phones and callers of a test end with it."""
    yield running_hotline
    running_hotline.hang_up_all()


@pytest.fixture(scope="module")
def clinics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinics]:
    """One real desk with its hotline for all tests of a module that leave it in order."""
    open_ones = Clinics(tmp_path_factory)
    yield open_ones
    open_ones.close()


@pytest.fixture
def clinic(clinics: Clinics, request: pytest.FixtureRequest) -> Iterator[Clinic]:
    """The running desk and hotline; callers and agents of a test leave with it.

    A failed test may leave a talk that nobody closed, and its agent taken: the next, or second, try begins anew.
    """
    running = clinics.running()
    yield running
    running.send_home()
    if request.node.stash.get(FAILED, False):
        clinics.close()


@pytest.fixture
def open_hotline(tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Callable[..., Hotline]]:
    """Open a hotline of the test's own, which it may kill or give settings."""
    opened: list[Hotline] = []

    def start(**settings: str) -> Hotline:
        one = Hotline.open(tmp_path / f"hotline-{len(opened)}", **settings)
        pytestconfig.stash[RUNNING] = one
        opened.append(one)
        return one

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The FreeSWITCH engine with its desk double and its stand-in of FreeSWITCH."""
    with open_stage(tmp_path) as one:
        yield one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the engine's log below a failed test, and remember that it failed."""
    report = yield
    item.stash[FAILED] = report.failed or (call.when != "setup" and item.stash.get(FAILED, False))
    running = item.config.stash.get(RUNNING, None)
    if running is not None and report.failed:
        report.sections.append(("end of the engine's log", running.engine.log_tail()))
    return report


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
