"""`caredesk parcels` as somebody at a terminal sees it: what would change, what changed, and the connection tried."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from caredesk.actions.family_imports import import_families, import_prescriptions
from caredesk.cli.main import main
from caredesk.core.clock import FixedClock
from caredesk.core.work import SYSTEM, Work
from caredesk.infra.parcels.loopback import CUSTOMER, Leg, Loopback
from caredesk.patients.incoming import FamilyRow, PrescriptionRow
from caredesk.patients.models import Parcel
from tests.fixtures.database import opened_like

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TABLE = "prescription_id,number,carrier,status,address\nR1,SF1020304050,顺丰速运,运输中,演示区和平路66号\n"
KEY = "a-key-that-only-tests-know"


@pytest.fixture
def carrier() -> Iterator[tuple[Loopback, str]]:
    found = Loopback(FixedClock(NOW), key=KEY)
    yield found, found.start()
    found.stop()


class Terminal:
    """Runs commands on one desk that has a prescription."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self._folder = environment, folder
        self._runner = CliRunner(env=environment)
        self.run("migrate")
        family = {"guardian_id": "G1", "guardian": "王丽娟", "relation": "mother", "child_id": "C1", "child": "刘子墨"}
        items = [{"name": "药", "quantity": "1盒"}]
        made = {"prescription_id": "R1", "child_id": "C1", "issued_at": NOW, "items": items}
        store = opened_like(environment)
        with store.writing() as session:
            work = Work(session=session, now=NOW, actor=SYSTEM)
            import_families(work, [FamilyRow.model_validate(family)])
            import_prescriptions(work, [PrescriptionRow.model_validate(made)])
            session.commit()
        store.engine.dispose()

    def run(self, *arguments: str) -> Result:
        return self._runner.invoke(main, list(arguments), env=self.environment)

    def bring_in(self, content: str, *options: str) -> Result:
        file = self._folder / "parcels.csv"
        file.write_text(content, "utf-8")
        return self.run("parcels", "import", str(file), *options)

    def numbers(self) -> list[str]:
        store = opened_like(self.environment)
        with store.reading() as session:
            found = list(session.scalars(select(Parcel.number)))
        store.engine.dispose()
        return found


@pytest.fixture
def terminal(database_url: str, tmp_path: Path, carrier: tuple[Loopback, str]) -> Terminal:
    environment = {
        "CAREDESK_DATA_DIR": str(tmp_path / "data"),
        "CAREDESK_DATABASE_URL": database_url,
        "CAREDESK_PARCEL_SERVICE": "kuaidi100",
        "CAREDESK_PARCEL_CUSTOMER": CUSTOMER,
        "CAREDESK_PARCEL_KEY": KEY,
        "CAREDESK_PARCEL_URL": carrier[1],
        "CAREDESK_PROVIDER_REACH": "loopback",
    }
    return Terminal(environment, tmp_path)


def test_a_dry_run_says_what_would_change_and_changes_nothing(terminal: Terminal) -> None:
    said = terminal.bring_in(TABLE, "--dry-run")
    assert said.exit_code == 0 and "Would be: 1 added" in said.stdout and terminal.numbers() == []
    assert terminal.bring_in(TABLE).exit_code == 0 and terminal.numbers() == ["SF1020304050"]
    told = json.loads(terminal.bring_in(TABLE.replace("运输中", "派送中"), "--json", "--dry-run").stdout)
    assert (told["applied"], told["changed"]) == (False, 1)
    assert told["rows"][0]["differences"] == [{"column": "status", "before": "in_transit", "after": "out_for_delivery"}]


def test_a_changed_address_is_named_and_never_repeated(terminal: Terminal) -> None:
    terminal.bring_in(TABLE)
    said = terminal.bring_in(TABLE.replace("66号", "88号")).stdout
    assert "address (changed)" in said and "和平路" not in said


def test_a_bad_file_ends_with_an_error_and_names_the_row(terminal: Terminal) -> None:
    said = terminal.bring_in(TABLE + "R7,SF9999999999,顺丰,,\n")
    assert said.exit_code == 1 and "row 3: refused" in said.stdout and "没有这张处方" in said.stdout
    assert terminal.numbers() == []
    assert terminal.bring_in("number,carrier\nx,y\n").exit_code == 1


def test_the_connection_can_be_tried(terminal: Terminal, carrier: tuple[Loopback, str]) -> None:
    at = NOW - timedelta(hours=1)
    carrier[0].ship("SF1020304050", carrier_code="shunfeng", legs=[Leg(at, "5", "派送中")])
    said = terminal.run("parcels", "ask", "sf1020304050", "--carrier", "shunfeng", "--phone-tail", "5678")
    assert (said.exit_code, "out_for_delivery" in said.stdout, "派送中" in said.stdout) == (0, True, True)
    for number, code, words in (
        ("SF9999999999", "shunfeng", "nothing_found"),
        ("12", "shunfeng", "6 to 32"),
        ("SF1020304050", "nobody", "no carrier"),
    ):
        refused = terminal.run("parcels", "ask", number, "--carrier", code)
        assert refused.exit_code == 1 and words in refused.stderr
    assert "shunfeng" in terminal.run("parcels", "carriers").stdout


def test_without_a_service_the_command_says_so(terminal: Terminal) -> None:
    terminal.environment["CAREDESK_PARCEL_SERVICE"] = ""
    said = terminal.run("parcels", "ask", "SF1020304050", "--carrier", "shunfeng")
    assert said.exit_code == 1 and "CAREDESK_PARCEL_SERVICE" in said.stderr
