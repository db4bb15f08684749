"""The standby list while the database is away, and the looks at what has no database: bot, hotline and clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from caredesk.accounts.models import Staff
from caredesk.accounts.rules import sign_in_policy
from caredesk.actions.accounts import open_session
from caredesk.actions.call_engines import DOWN_AFTER
from caredesk.application import create_app
from caredesk.audit.models import AuditEntry
from caredesk.continuity.rules import STANDBY_OLDEST
from caredesk.conversations.models import BotTurn
from caredesk.core.clock import SystemClock
from caredesk.edge.condition import DATABASE
from caredesk.edge.probes import TOO_SLOW, Probe
from caredesk.edge.services import Services
from caredesk.events.continuity_events import ConditionChanged
from caredesk.infra.lookout import Lookout
from caredesk.infra.looks import BotLook, ClockLook, database_look, hotline_look, told_problem
from caredesk.infra.sealed_files import SealedFolder
from caredesk.infra.standby import KeptStandby
from caredesk.telephony import queries as telephony
from tests.fixtures.database import SECRETS
from tests.fixtures.desk import DeskForTests


def keeper(services: Services, *, node: str = "main") -> KeptStandby:
    folder = SealedFolder(services.settings.data_dir / "standby", masters=SECRETS.masters)
    return KeptStandby(folder, node=node, clock=services.clock)


def sign_in(desk: DeskForTests, staff_id: str) -> str:
    """Open a session for somebody; return the cookie's token."""
    with desk.write() as work:
        staff = work.session.get_one(Staff, staff_id)
        policy = sign_in_policy(desk.services.settings)
        return open_session(work, staff=staff, address="", user_agent="", policy=policy).token


def client_of(services: Services, *, token: str) -> FlaskClient:
    client = create_app(services).test_client()
    client.set_cookie("caredesk_session", token)
    return client


def lose_database(services: Services) -> None:
    for _ in range(2):
        services.condition.note({DATABASE: "away"}, at=services.clock.now())


def find_database(services: Services) -> None:
    for _ in range(3):
        services.condition.note({DATABASE: ""}, at=services.clock.now())


@pytest.fixture
def standing(desk: DeskForTests) -> tuple[Services, str, str]:
    """A desk whose list is kept: a parent waits for the agent whose token comes first; the other serves others."""
    served, others = desk.add_queue(), desk.add_queue("other", is_default=False)
    lin, wu = desk.add_agent("lin", queues=[served], ready=False), desk.add_agent("wu", queues=[others], ready=False)
    desk.add_staff("dr", roles=("doctor",), phone="13800000001")
    desk.waiting_visitor()
    tokens = sign_in(desk, lin), sign_in(desk, wu)
    services = replace(desk.services, standby=keeper(desk.services))
    assert isinstance(services.standby, KeptStandby)
    services.standby.keep_if_due(services)
    return services, *tokens


def test_everybody_sees_on_the_kept_list_what_was_theirs_to_see_and_strangers_nothing(
    standing: tuple[Services, str, str],
) -> None:
    services, lin, wu = standing
    lose_database(services)
    mine = client_of(services, token=lin).get("/api/console/standby").get_json()
    theirs = client_of(services, token=wu).get("/api/console/standby").get_json()
    assert (mine["live"], len(mine["waiting"]), len(theirs["waiting"])) == (False, 1, 0)
    assert [one["phone"] for one in mine["phones"]] == ["13800000001"]
    stranger = client_of(services, token="nobody").get("/api/console/standby")
    assert (stranger.status_code, stranger.get_json()["code"]) == (503, "standby.missing")
    # Nothing else is answered meanwhile, and nothing waits to be refused.
    assert client_of(services, token=lin).get("/api/console/snapshot").get_json()["code"] == "store.away"


def test_the_kept_list_outlives_the_process_sealed_and_not_its_time(
    desk: DeskForTests, standing: tuple[Services, str, str]
) -> None:
    services, lin, _ = standing
    files = [path for path in (services.settings.data_dir / "standby").rglob("*") if path.is_file()]
    assert len(files) == 1
    assert b"13800000001" not in files[0].read_bytes()
    again = replace(services, standby=keeper(services))
    lose_database(again)
    assert client_of(again, token=lin).get("/api/console/standby").status_code == 200
    # Whoever is signed in stays so for as long as a browser may be left alone, and no list is shown after a shift.
    desk.clock.advance(seconds=STANDBY_OLDEST.total_seconds())
    assert client_of(again, token=lin).get("/api/console/standby").status_code == 503
    assert not files[0].exists()


def test_looks_at_the_kept_list_come_into_the_audit_when_it_is_back(
    desk: DeskForTests, standing: tuple[Services, str, str]
) -> None:
    services, lin, _ = standing
    lose_database(services)
    client = client_of(services, token=lin)
    client.get("/api/console/standby")
    find_database(services)
    desk.clock.advance(minutes=1)
    assert isinstance(services.standby, KeptStandby)
    services.standby.keep_if_due(services)
    assert client.get("/api/console/standby").get_json()["live"] is True
    with desk.read() as session:
        whys = session.scalars(select(AuditEntry.why).where(AuditEntry.deed == "standby.viewed")).all()
    assert list(whys) == ["kept", ""]


# ---- looks -------------------------------------------------------------------------------------------------


def test_a_lookout_tells_each_change_once_and_knows_slow_from_away(services: Services) -> None:
    seen, told = [""], list[ConditionChanged]()
    lookout = Lookout(services, tell=told.append, looks=[Probe("redis", needed=False, look=lambda: str(seen[0]))])
    for look in ("", "no_answer", "no_answer", "no_answer", "", "", "", ""):
        seen[0] = look
        lookout.look()
    assert [[one.problem for one in event.condition.troubles] for event in told] == [["no_answer"], []]
    assert told_problem(services, name="bot", seen=TOO_SLOW) == "unknown"
    assert told_problem(services, name=DATABASE, seen=TOO_SLOW) == "away"
    assert database_look(services) == ""


def test_while_the_bot_fails_its_guards_answer_and_it_is_told_until_it_thinks_again(desk: DeskForTests) -> None:
    desk.add_queue()

    class Broken:
        """A bot that cannot think."""

        def ask(self, *_given: object, **_more: object) -> object:
            raise RuntimeError

    whole, look = desk.bot.bot, BotLook(desk.services)
    desk.bot.current = Broken  # type: ignore[method-assign,assignment]
    desk.say(desk.visit().visitor.id, "孩子抽搐了，叫不醒")
    desk.run_jobs()
    with desk.read() as session:
        assert [turn.outcome for turn in session.scalars(select(BotTurn))] == ["emergency"]
    assert look() == "failing"
    desk.bot.current = lambda: whole  # type: ignore[method-assign]
    assert (look(), desk.services.condition.doubt_of("bot")) == ("", "")


def test_a_silent_engine_and_a_lost_carrier_are_told_and_an_engine_taken_away_is_not(desk: DeskForTests) -> None:
    assert hotline_look(desk.services) == ""
    with desk.write() as work:
        engine = telephony.lock_engine(work.session, name="embedded", now=work.now)
        engine.troubles = ["trunk_down"]
    assert hotline_look(desk.services) == "trunk"
    desk.clock.advance(seconds=DOWN_AFTER.total_seconds() + 1)
    assert hotline_look(desk.services) == "silent"
    desk.clock.advance(days=2)
    assert hotline_look(desk.services) == ""


def test_a_clock_that_is_set_is_told_and_one_that_is_right_again_is_not(services: Services, store: str) -> None:
    shift = [timedelta(0)]

    def wall() -> datetime:
        return SystemClock().now() + shift[0]

    look = ClockLook(services, wall=wall)
    said = []
    for hours in (0, 1, 0):
        shift[0] = timedelta(hours=hours)
        said.append(look())
    assert said == ["", "jumped", ""]
    if store == "postgres":
        shift[0] = timedelta(minutes=-2)
        assert ClockLook(services, wall=wall)() == "differs"


def test_a_list_that_cannot_be_written_is_kept_in_memory(desk: DeskForTests, tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("a file where the folder should be")
    folder = SealedFolder(tmp_path / "no-folder", masters=SECRETS.masters)
    kept = KeptStandby(folder, node="main", clock=desk.clock)
    kept.keep_if_due(desk.services)
    found = kept.last()
    assert found is not None
    assert found.taken_at == desk.clock.now()
