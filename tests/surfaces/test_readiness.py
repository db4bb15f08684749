"""What load balancers are told: is the process alive, is the desk fit to serve, and what is down."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from caredesk.actions.call_engines import DOWN_AFTER
from caredesk.application import create_app
from caredesk.core.clock import FixedClock
from caredesk.core.store import Store
from caredesk.edge.probes import TOO_SLOW, Probe, Probes
from caredesk.edge.services import Services
from caredesk.infra import probes as looks
from caredesk.infra import schema
from caredesk.infra.engine import open_store
from caredesk.infra.probes import (
    GIVEN_UP,
    disk_problem,
    hotline_problem,
    probes_of,
    redis_look,
    release_problem,
    schema_problem,
)
from caredesk.settings import Settings
from caredesk.telephony import queries as telephony
from tests.fixtures.desk import DeskForTests

NOBODY = "redis://127.0.0.1:1/0"
"""A port on which nothing listens."""


class BotInTheMaking:
    """A bot whose index is not there yet."""

    is_loaded = False


def client_with(services: Services, *probes: Probe, patience: float = 60.0) -> FlaskClient:
    return create_app(replace(services, probes=Probes(probes, patience=patience))).test_client()


def real_client(services: Services, **changes: Any) -> FlaskClient:
    """Return a client of a desk that looks at what a served one looks at."""
    parts = {"settings": services.settings, "store": services.store, "clock": services.clock, "bot": services.bot}
    services.settings.data_dir.mkdir(parents=True, exist_ok=True)
    return create_app(replace(services, probes=probes_of(**{**parts, **changes}, patience=60.0))).test_client()


def problems(answer: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["problem"] for one in answer["checks"] if not one["ok"]}


@pytest.mark.parametrize("path", ["/healthz", "/livez"])
def test_a_process_is_alive_whatever_it_lacks(services: Services, path: str) -> None:
    client = client_with(services, Probe("database", needed=True, look=lambda: "gone"))
    assert (client.get(path).status_code, client.get(path).json) == (200, {"ok": True})


def test_a_desk_that_has_everything_is_ready_and_says_how_long_each_look_took(services: Services) -> None:
    response = real_client(services).get("/readyz")
    assert response.status_code == 200
    assert (response.json["ready"], response.json["database"], response.json["bot"]) == (True, True, True)
    assert [one["name"] for one in response.json["checks"]] == [
        "database",
        "schema",
        "bot",
        "disk",
        "release",
        "hotline",
    ]
    assert all(one["ok"] and one["seconds"] >= 0 for one in response.json["checks"])


def test_without_what_it_needs_it_is_unfit_and_names_it(services: Services) -> None:
    client = client_with(
        services, Probe("database", needed=True, look=lambda: ""), Probe("disk", needed=True, look=lambda: "full")
    )
    response = client.get("/readyz")
    assert (response.status_code, response.json["ready"]) == (503, False)
    assert problems(response.json) == {"disk": "full"}


def test_without_what_it_can_do_without_it_serves_and_names_it(services: Services) -> None:
    response = client_with(services, Probe("redis", needed=False, look=lambda: "no_answer")).get("/readyz")
    assert (response.status_code, problems(response.json)) == (200, {"redis": "no_answer"})


def test_a_dependency_that_hangs_is_reported_and_is_not_asked_again_until_it_answers(services: Services) -> None:
    let_go, asked = threading.Event(), []

    def hang() -> str:
        asked.append(True)
        let_go.wait(60)
        return ""

    client = client_with(services, Probe("database", needed=True, look=hang), patience=0.05)
    first, second = client.get("/readyz"), client.get("/readyz")
    let_go.set()
    assert (first.status_code, problems(first.json)) == (503, {"database": TOO_SLOW})
    assert (problems(second.json), len(asked)) == ({"database": TOO_SLOW}, 1)


def test_what_a_dependency_says_of_itself_stays_inside(services: Services) -> None:
    def fail() -> str:
        raise ConnectionError("no route to db.hospital.internal, user caredesk, password 123456")

    response = client_with(services, Probe("database", needed=True, look=fail)).get("/readyz")
    assert problems(response.json) == {"database": "ConnectionError"}
    assert "hospital" not in response.text and "123456" not in response.text


def test_a_database_that_is_not_there_makes_it_unfit(services: Services, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/no/such/folder.db")
    response = real_client(services, store=store).get("/readyz")
    assert (response.status_code, response.json["database"]) == (503, False)
    assert set(problems(response.json)) == {"database", "schema", "release", "hotline"}


def test_an_old_schema_makes_it_unfit(database: Store) -> None:
    assert schema_problem(database) == ""
    with database.engine.connect() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
        connection.commit()
    assert schema_problem(database) == "not_at_head"
    assert release_problem(database) == ""


def test_a_newer_schema_is_told_and_lets_the_release_before_serve(services: Services) -> None:
    with services.store.engine.connect().execution_options(writes=True) as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
        connection.commit()
    response = real_client(services).get("/readyz")
    assert problems(response.json) == {"release": "older_than_schema"}
    assert response.status_code == 200


def test_a_process_knows_its_own_schema_whatever_is_installed_beneath_it(
    database: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert schema_problem(database) == ""
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path)
    assert schema_problem(database) == ""


def test_a_bot_that_is_still_made_makes_it_unfit(services: Services) -> None:
    assert problems(real_client(services, bot=BotInTheMaking()).get("/readyz").json) == {"bot": "loading"}


def test_a_full_disk_is_noticed_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert disk_problem(tmp_path) == ""
    monkeypatch.setattr(looks, "LEAST_FREE_BYTES", 2**80)
    assert disk_problem(tmp_path) == "full"


def test_an_engine_that_falls_silent_is_missed_until_it_was_taken_away(desk: DeskForTests, clock: FixedClock) -> None:
    assert hotline_problem(desk.services.store, clock=clock) == ""
    with desk.write() as work:
        telephony.lock_engine(work.session, name="embedded", now=work.now)
    assert hotline_problem(desk.services.store, clock=clock) == ""
    clock.advance(seconds=DOWN_AFTER.total_seconds() + 1)
    assert hotline_problem(desk.services.store, clock=clock) == "silent"
    clock.advance(days=GIVEN_UP.days)
    assert hotline_problem(desk.services.store, clock=clock) == ""


def test_redis_that_does_not_answer_is_reported() -> None:
    pytest.importorskip("redis")
    assert redis_look(NOBODY)() == "no_answer"


def test_redis_is_looked_at_only_where_there_is_one(services: Services) -> None:
    pytest.importorskip("redis")
    settings = Settings(data_dir=services.settings.data_dir, redis_url=NOBODY)
    response = real_client(services, settings=settings).get("/readyz")
    assert (response.status_code, problems(response.json)) == (200, {"redis": "no_answer"})
