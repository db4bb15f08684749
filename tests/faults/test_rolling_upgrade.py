"""An earlier release is upgraded process by process while people write, as docs/operations.md says (B22).

Old processes serve on the migrated database beside new ones: nothing is lost, doubled or turned round, every message
is answered once, and nobody is told of a fault. The long one runs at night.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.clients import open_http
from caredesk.cli.main import main
from caredesk.conversations.models import Entry
from caredesk.core.clock import SystemClock
from caredesk.core.outbox import JobRow, NewJob, put_jobs
from tests.browser.desk_process import ROOT, free_port
from tests.fixtures.cluster import Cluster, Member, answers, scaled
from tests.fixtures.ledger import Ledger, account_for, all_done, came_true, keep_open
from tests.fixtures.passwords import PASSWORD
from tests.fixtures.releases import PACKAGE, install_earlier, install_present, migrations_of
from tests.fixtures.scene import one_pixel
from tests.fixtures.talks import Talk

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

SHORT, LONG = (4, 5), (40, 150)
"""Families, and how many messages every process takes at least before the next step."""

PAUSE = 0.3
NEW_KIND = "watch_backups"
"""A kind of job that the earlier release does not know."""

NEW_WORDS = ("孩子的身份证号是 11010519491231002X", "我不想活了", "谢谢")
"""Words from which this release makes findings and alerts of its own."""

TALKS = ("a0", "a1")
POSTED = ("caredesk_http_requests_total", {"method": "POST", "route": "/api/chat/messages"})
ANSWERED = ("caredesk_jobs_total", {"name": "answer_message", "outcome": "done"})


@dataclass
class Upgrade:
    """Two servers, a worker and a timer, begun by the earlier release."""

    cluster: Cluster
    site: Path
    webs: list[Member]
    ports: list[int]
    worker: Member
    worker_port: int
    timer: Member

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    @property
    def worker_url(self) -> str:
        """Where the worker shows its metrics."""
        return f"http://127.0.0.1:{self.worker_port}"


@pytest.fixture
def upgrade(tmp_path: Path) -> Iterator[Upgrade]:
    """A hospital on the earlier release, which has made its database."""
    site = tmp_path / "site"
    install_earlier(site)
    with scaled(tmp_path, release=site) as cluster:
        found(cluster)
        ports, worker_port = [free_port(), free_port()], free_port()
        webs = [add_web(cluster, number, port=port) for number, port in enumerate(ports, start=1)]
        worker = cluster.add_worker(CAREDESK_METRICS_PORT=str(worker_port))
        made = Upgrade(cluster, site, webs, ports, worker, worker_port, cluster.add_timer())
        for member in (worker, *webs):
            cluster.wait(lambda member=member: member.told("index_ready"))
        for url in made.urls:
            cluster.wait(lambda url=url: answers(url, "/readyz"))
        yield made


def add_web(cluster: Cluster, number: int, *, port: int) -> Member:
    # Agents whose server is restarted have the time to come again that they have in a hospital.
    more = {"CAREDESK_NODE": f"web-{number}", "CAREDESK_OFFER_GRACE_SECONDS": "60"}
    return cluster.add(f"web-{number}", PACKAGE, "run", "--size", "scaled", "--port", str(port), **more)


def found(cluster: Cluster) -> None:
    """Have the installed release make the database and a hospital in it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fixtures.founding"],
        cwd=cluster.root,
        env={**os.environ, "PYTHONPATH": str(ROOT), **cluster.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def counted(url: str, wanted: tuple[str, dict[str, str]]) -> int:
    """Return a counter of a process, all its labels that were not asked for together."""
    name, labels = wanted
    families = text_string_to_metric_families(fetched(f"{url}/metrics"))
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return int(sum(one.value for one in samples if labels.items() <= one.labels.items()))


@dataclass
class Steps:
    """The upgrade, step by step, each once the step before is seen to be done."""

    upgrade: Upgrade
    each: int
    faults: list[str] = field(default_factory=list)

    def climb(self) -> None:
        """Do all of it, and have every process take so many messages between two steps."""
        up, earlier = self.upgrade, contract_of(self.upgrade.urls[1])
        kept = keep_picture(up.urls[0])
        self.watch("earlier release")
        install_present(up.site)
        self.restart(up.timer, until="elected")
        assert up.cluster.schema() == max(migrations_of(ROOT / PACKAGE))
        self.watch("the same, migrated")
        job = hand_new_job(up.cluster)
        up.cluster.wait(lambda: attempts_of(up.cluster, job) != 0)
        self.restart(up.worker, until="index_ready")
        up.cluster.wait(lambda: attempts_of(up.cluster, job) is None)
        self.watch("with this release's worker")
        self.restart_web(0)
        self.watch("with this release's server 1")
        assert contract_of(up.urls[1]) == earlier != contract_of(up.urls[0])
        look_by_the_other(writes=up.urls[0], looks=up.urls[1])
        assert [is_shown(url, kept) for url in up.urls] == [True, True]
        self.restart_web(1)
        self.watch("this release")
        self.faults += faults_told(up.urls)

    def restart(self, member: Member, *, until: str) -> None:
        """Ask a process to end, start what is installed now, and wait until that one says these words."""
        before = member.log.read_text("utf-8").count(until)
        assert member.stop() in (0, -signal.SIGTERM), member.log_tail()
        member.start()
        self.upgrade.cluster.wait(lambda: member.log.read_text("utf-8").count(until) > before)

    def restart_web(self, number: int) -> None:
        """Restart a server; before, ask it what it had to refuse."""
        self.faults += faults_told([self.upgrade.urls[number]])
        self.restart(self.upgrade.webs[number], until="index_ready")
        self.upgrade.cluster.wait(lambda: answers(self.upgrade.urls[number], "/readyz"))

    def watch(self, when: str) -> None:
        """Wait until both servers have taken messages since now and the worker has answered some; tell how many."""
        before, stored = self.taken(), self.stored()
        self.upgrade.cluster.wait(
            lambda: (
                self.stored() - stored >= 2 * self.each
                and all(now - then >= self.each for now, then in zip(self.taken(), before, strict=True))
            )
        )
        one, two, worker = (now - then for now, then in zip(self.taken(), before, strict=True))
        tell(f"{when:<32} server 1 took {one}, server 2 {two}, the worker answered {worker}")

    def taken(self) -> list[int]:
        """Return what each server has taken and the worker has answered since they were started."""
        up = self.upgrade
        return [*(counted(url, POSTED) for url in up.urls), counted(up.worker_url, ANSWERED)]

    def stored(self) -> int:
        with Session(self.upgrade.cluster.engine) as session:
            return session.scalar(select(func.count()).where(Entry.author_kind == "visitor")) or 0


def contract_of(url: str) -> set[str]:
    """Return the routes of a server: who is older has fewer."""
    return set(json.loads(fetched(f"{url}/api/openapi.json"))["paths"])


def faults_told(urls: Sequence[str]) -> list[str]:
    """Return what servers answered with a fault of theirs; who asks whether they are ready is told the truth."""
    samples = [
        sample
        for url in urls
        for family in text_string_to_metric_families(fetched(f"{url}/metrics"))
        for sample in family.samples
        if sample.name == POSTED[0] and sample.labels["route"] != "/readyz"
    ]
    return [str(one.labels) for one in samples if one.labels["status"].startswith("5")]


def hand_new_job(cluster: Cluster) -> str:
    """Write a job of a kind that the earlier release does not know, as a process of this release does."""
    job = NewJob(NEW_KIND, {}, due_at=SystemClock().now(), key="of the new release")
    with Session(cluster.engine) as session:
        put_jobs(session, jobs=[job], now=job.due_at)
        made = session.scalars(select(JobRow.id).where(JobRow.key == job.key)).one()
        session.commit()
    return made


def attempts_of(cluster: Cluster, job_id: str) -> int | None:
    """Return how often a job has failed, and nothing when it is done."""
    with Session(cluster.engine) as session:
        return session.scalar(select(JobRow.attempts).where(JobRow.id == job_id))


def keep_picture(url: str) -> tuple[str, dict[str, str]]:
    """Have a family hand a picture over, and return by which path and headers they see it."""
    bearer = {"Authorization": f"Bearer {asked(url, 'POST', '/api/chat/visit', body={'language': 'zh'})['token']}"}
    head = (
        '--cut\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    form = {**bearer, "Content-Type": "multipart/form-data; boundary=cut"}
    body = head.encode() + one_pixel() + b"\r\n--cut--\r\n"
    with urllib.request.urlopen(urllib.request.Request(f"{url}/api/chat/pictures", body, form), timeout=30) as answer:
        return f"/api/chat/pictures/{json.load(answer)['picture_id']}", bearer


def is_shown(url: str, kept: tuple[str, dict[str, str]]) -> bool:
    """Tell whether a server shows a picture as a picture."""
    path, headers = kept
    with urllib.request.urlopen(urllib.request.Request(url + path, headers=headers), timeout=30) as answer:
        return Image.open(BytesIO(answer.read())).size == (1, 1)


def look_by_the_other(*, writes: str, looks: str) -> None:
    """Have things written by a server that the other has never heard of, and ask that one for what there is."""
    family = asked(writes, "POST", "/api/chat/visit", body={"language": "zh"})
    bearer = {"Authorization": f"Bearer {family['token']}"}
    for number, words in enumerate(NEW_WORDS):
        body = {"client_key": f"new-{number:08d}", "body": {"kind": "text", "text": words}}
        posted = asked(writes, "POST", "/api/chat/messages", body=body, headers=bearer)
    talk = f"conversations/{posted['conversation']['id']}"
    for path in ("conversations", talk, f"{talk}/events?after=0"):
        assert asked(looks, "GET", f"/api/chat/{path}", headers=bearer), path
    session = signed_in(writes, login="chief")
    # Not the floor: this earlier release cannot show alerts of kinds that it does not know (docs/operations.md).
    for path in (
        "snapshot",
        "colleagues",
        "closed",
        talk,
        f"{talk}/entries?before=99",
        f"{talk}/events?after=0",
    ):
        assert asked(looks, "GET", f"/api/console/{path}", headers=session), path


def signed_in(url: str, *, login: str) -> dict[str, str]:
    """Sign in on one server and return the headers by which another knows the session."""
    request = written("POST", f"{url}/api/auth/sign-in", body={"login": login, "password": PASSWORD})
    with urllib.request.urlopen(request, timeout=30) as answer:
        cookies = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie")]
        return {"Cookie": "; ".join(cookies), "X-CSRF-Token": json.load(answer)["csrf_token"]}


def asked(url: str, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """Return what a server answers; a refusal fails the test with its words."""
    try:
        with urllib.request.urlopen(written(method, url + path, body=body, headers=headers), timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as fault:
        raise AssertionError(f"{method} {path}: {fault.code} {fault.read().decode()}") from fault


def written(method: str, url: str, *, body: Any, headers: Mapping[str, str] | None = None) -> urllib.request.Request:
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.Request(
        url, data=data, headers={**(headers or {}), "Content-Type": "application/json"}, method=method
    )


def live_through(upgrade: Upgrade, *, families: int, each: int) -> None:
    """Have families write and agents answer while the desk is upgraded, and count what became of it."""
    ledger, steps, engine = Ledger(upgrade.urls), Steps(upgrade, each=each), upgrade.cluster.engine

    async def live() -> list[Talk]:
        async with open_http() as http:
            await ledger.arrive(http, families=families)
            talks = [await Talk.begin(http, login=login, urls=upgrade.urls) for login in TALKS]
            screens = [one.screen for one in ledger.visitors] + [screen for talk in talks for screen in talk.screens]
            coming_again = asyncio.create_task(keep_open(lambda: screens, urls=upgrade.urls))
            climbing = asyncio.create_task(asyncio.to_thread(steps.climb))
            talking = [talk.go_on_until(climbing.done) for talk in talks]
            await asyncio.gather(ledger.write_until(climbing.done, pause=PAUSE), *talking)
            await climbing
            await came_true(lambda: all_done(engine))
            await came_true(ledger.has_caught_up)
            coming_again.cancel()
            await asyncio.gather(coming_again, return_exceptions=True)
            for opened in (ledger, *talks):
                await opened.close()
            return talks

    talks = asyncio.run(live())
    account = account_for(engine, ledger)
    tell(f"{account}; agents answered {[talk.said for talk in talks]}")
    assert account.is_clean, account
    for talk in talks:
        assert talk.asked() == [f"问题 {number}" for number in range(1, talk.said + 1)]
        assert talk.answered() == [f"回复 {number}" for number in range(1, talk.said + 1)]
    refused = [*ledger.refused, *(status for talk in talks for status in talk.refused)]
    assert (refused, steps.faults) == ([], [])


def see_that_all_is_well(cluster: Cluster) -> None:
    """Ask the desk itself: the audit's chain is whole, no job is dead, and the doctor finds nothing wrong."""
    for words, well in ((["audit", "verify", "--json"], "whole"), (["doctor", "--json"], "healthy")):
        told = CliRunner(env=cluster.environment).invoke(main, words)
        assert json.loads(told.stdout)[well], told.stdout
    with Session(cluster.engine) as session:
        assert session.scalars(select(JobRow.name).where(JobRow.dead.is_(True))).all() == []


def tell(line: str) -> None:
    """Print what was counted; pytest shows it with `-s`, and when a test fails."""
    sys.stdout.write(f"{line}\n")


def test_every_migration_since_the_earlier_release_only_adds(tmp_path: Path) -> None:
    install_earlier(tmp_path / "site")
    known = migrations_of(tmp_path / "site" / PACKAGE)
    since = {number: words for number, words in migrations_of(ROOT / PACKAGE).items() if number not in known}
    assert len(since) > 1
    assert [number for number, words in since.items() if "\nCONTRACTS" in words] == []


@pytest.mark.nightly
def test_an_upgrade_process_by_process_loses_and_doubles_nothing(upgrade: Upgrade) -> None:
    live_through(upgrade, families=SHORT[0], each=SHORT[1])
    see_that_all_is_well(upgrade.cluster)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_many_families_notice_nothing_of_an_upgrade(upgrade: Upgrade) -> None:
    live_through(upgrade, families=LONG[0], each=LONG[1])
    see_that_all_is_well(upgrade.cluster)
