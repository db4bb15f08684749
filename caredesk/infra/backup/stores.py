"""The rows of a backup: copied at one instant while the desk writes, counted, and put back; SQLite and PostgreSQL."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import URL, Connection, func, inspect, make_url, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from caredesk.infra.backup.archive import StoreKind
from caredesk.infra.backup.faults import BackupFault
from caredesk.infra.backup.sealing import PIECE
from caredesk.infra.engine import open_store

GZIP_LEVEL = 3
"""Rows shrink to a quarter at any level; higher ones take the desk's processor for little."""


@dataclass(frozen=True)
class Counted:
    """What the rows were at the instant of the copy."""

    revision: str
    counts: Mapping[str, int]
    audit_number: int
    audit_hash: str
    anchor_number: int


class Rows(Protocol):
    """One database: how it is copied, and how a copy is put in its place."""

    kind: StoreKind

    def copy_to(self, target: Path) -> Counted:
        """Write the rows of one instant to a file, compressed, and count them."""
        ...

    def is_empty(self) -> bool: ...

    def in_use(self) -> bool:
        """Tell whether somebody else has it open."""
        ...


# ---- SQLite ----------------------------------------------------------------------------------------------


class SqliteRows:
    """The file of the embedded size."""

    kind: StoreKind = "sqlite"

    def __init__(self, file: Path) -> None:
        self.file = file

    def copy_to(self, target: Path) -> Counted:
        """Copy with SQLite's online backup; readers and writers go on meanwhile."""
        if not self.file.exists():
            raise BackupFault("no_database")
        plain = target.with_suffix(".plain")
        try:
            plain.touch(mode=0o600)
            with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(plain)) as copy:
                # All pages in one step: one reading transaction, which in WAL mode hinders no writer.
                source.backup(copy, pages=-1)
            counted = counted_in(f"sqlite:///{plain}")
            with plain.open("rb") as raw, _compressing(target) as out:
                shutil.copyfileobj(raw, out, PIECE)
        except sqlite3.OperationalError as fault:
            is_full = fault.sqlite_errorcode == sqlite3.SQLITE_FULL
            raise BackupFault("disk_full" if is_full else "database_failed", detail=str(fault)) from None
        finally:
            plain.unlink(missing_ok=True)
        return counted

    def is_empty(self) -> bool:
        return not self.file.exists()

    def in_use(self) -> bool:
        """Every open connection in WAL mode holds a lock that is in the way of an exclusive one."""
        if not self.file.exists():
            return False
        try:
            with closing(sqlite3.connect(self.file, timeout=0.5, isolation_level=None)) as connection:
                connection.execute("PRAGMA locking_mode=EXCLUSIVE")
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError:
            # What is no database any more, nobody works on.
            return False
        return False


def unpack_sqlite(compressed: Path, *, target: Path) -> None:
    """Put the rows of a backup into a file."""
    try:
        with gzip.open(compressed, "rb") as packed, target.open("xb") as out:
            target.chmod(0o600)
            shutil.copyfileobj(packed, out, PIECE)
            out.flush()
            os.fsync(out.fileno())
    except (EOFError, gzip.BadGzipFile):
        raise BackupFault("database_failed") from None


# ---- PostgreSQL ------------------------------------------------------------------------------------------


class PostgresRows:
    """A database on a server, copied and restored by PostgreSQL's own programs."""

    kind: StoreKind = "postgresql"

    def __init__(self, url: str, *, tools: Path | None) -> None:
        self._url = make_url(url)
        self._tools = tools

    def copy_to(self, target: Path) -> Counted:
        """Copy with pg_dump, which sees the same instant as who counts."""
        with _connected(self._url) as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            counted = _count(connection)
            options = ["--format=plain", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            with _compressing(target) as out:
                self._run("pg_dump", *options, output=out)
        return counted

    def is_empty(self) -> bool:
        with _connected(self._url) as connection:
            return not inspect(connection).get_table_names()

    def in_use(self) -> bool:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with _connected(self._url) as connection:
            return bool(connection.execute(text(f"{others} AND backend_type = 'client backend'")).scalar_one())

    def load(self, compressed: Path) -> None:
        """Put the rows of a backup in place of all that is there, in one transaction: all of it or nothing."""
        with gzip.open(compressed, "rb") as packed:
            self._run("psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", given=packed)

    @contextmanager
    def scratch(self, name: str) -> Iterator[PostgresRows]:
        """Make an empty database beside this one, for as long as the block lasts."""
        _administer(self._url, f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield PostgresRows(_shown(self._url.set(database=name)), tools=self._tools)
        finally:
            _administer(self._url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @property
    def url(self) -> str:
        """Where it is, with everything that is needed to get in."""
        return _shown(self._url)

    def _run(
        self,
        program: str,
        *options: str,
        given: gzip.GzipFile | None = None,
        output: IO[bytes] | None = None,
    ) -> None:
        command = [self._found(program), *options, f"--dbname={_libpq(self._url)}"]
        secret = {"PGPASSWORD": str(self._url.password)} if self._url.password else {}
        pipes = {"stdin": subprocess.PIPE if given else subprocess.DEVNULL, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, env={**os.environ, **secret}, **pipes) as process:  # type: ignore[call-overload]
            if given is not None:
                _feed(process, given)
            for piece in iter(lambda: process.stdout.read(PIECE), b""):
                if output is not None:
                    output.write(piece)
        if process.returncode != 0:
            raise BackupFault("tools_failed", detail=program)

    def _found(self, program: str) -> str:
        found = shutil.which(program, path=str(self._tools) if self._tools else None)
        if found is None:
            raise BackupFault("no_tools", detail=program)
        return found


def _feed(process: subprocess.Popen[bytes], given: gzip.GzipFile) -> None:
    out = process.stdin
    if out is None:
        return
    try:
        with out:
            # Whoever else has tables there has left them; the whole schema is the desk's (docs/operations.md).
            out.write(b"DROP SCHEMA IF EXISTS public CASCADE;\nCREATE SCHEMA public;\n")
            shutil.copyfileobj(given, out, PIECE)
    except BrokenPipeError:
        # It has ended already; its exit code says so.
        return
    except (EOFError, gzip.BadGzipFile):
        process.kill()
        raise BackupFault("database_failed") from None


def _libpq(url: URL) -> str:
    """Return the address as PostgreSQL's programs take it; the password goes by the environment, not by the list."""
    return _shown(URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query))


def _administer(url: URL, statement: str) -> None:
    engine = open_store(_shown(url)).engine
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))
    except SQLAlchemyError as fault:
        raise BackupFault("database_failed", detail=type(fault).__name__) from None
    finally:
        engine.dispose()


# ---- both ------------------------------------------------------------------------------------------------


def counted_in(url: str) -> Counted:
    """Count a database that nobody writes to."""
    with _connected(make_url(url)) as connection:
        return _count(connection)


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    # Not the desk's own pool: what is opened here is closed at once, and nothing is written.
    engine = open_store(_shown(url)).engine
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as fault:
        raise BackupFault("database_failed", detail=type(fault).__name__) from None
    finally:
        engine.dispose()


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _count(connection: Connection) -> Counted:
    tables = sorted(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        raise BackupFault("no_database")
    counts = {name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in tables}
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    head, anchor = None, 0
    if "audit_head" in counts:
        head = connection.execute(text("SELECT number, hash FROM audit_head")).first()
        anchor = connection.execute(text("SELECT max(number) FROM audit_anchor")).scalar_one() or 0
    return Counted(revision, counts, head.number if head else 0, head.hash if head else "", anchor)


@contextmanager
def _compressing(target: Path) -> Iterator[IO[bytes]]:
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as raw, gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as out:
        yield out  # type: ignore[misc]
