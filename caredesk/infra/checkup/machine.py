"""The machine: Python, time zones, clock, disk, ports, certificates, and settings that contradict each other."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography import x509

from caredesk.core.clock import CLINIC_ZONE, SystemClock
from caredesk.infra.checkup.finding import Fact, Finding, bad, ok, warn
from caredesk.infra.probes import LEAST_FREE_BYTES
from caredesk.settings import Settings

OLDEST_PYTHON = (3, 11)
FEW_BYTES = 2_000_000_000
SLOW_SYNC_SECONDS = 0.05
SYNCS = 5
CLOCK_SECONDS = 5.0
"""Tokens of other systems are taken with half a minute of difference; five seconds leave room."""
CERTIFICATE_DAYS = 21
ANSWER_SECONDS = 3.0

NETWORK_FILES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"})
"""File systems on which SQLite's shared memory and locks do not hold."""


def check_python() -> Iterator[Finding]:
    """Is this Python new enough?"""
    told = ".".join(map(str, sys.version_info[:3]))
    make = ok if sys.version_info[:2] >= OLDEST_PYTHON else bad
    yield make("python", "python.version" if make is ok else "python.old", version=told)


def check_zone(name: str = CLINIC_ZONE.key) -> Iterator[Finding]:
    """Is the clinic's time zone known, and eight hours ahead as it has been since 1991?"""
    try:
        offset = ZoneInfo(name).utcoffset(SystemClock().now().replace(tzinfo=None))
    except (ZoneInfoNotFoundError, ValueError):
        yield bad("zone", "zone.missing", zone=name)
        return
    yield ok("zone", "zone.known", zone=name) if offset == timedelta(hours=8) else bad("zone", "zone.wrong", zone=name)


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Do the settings fit together?"""
    found = list(_contradictions(settings))
    yield from found or [ok("settings", "settings.fit")]
    if settings.size == "auto" and settings.is_scaled:
        yield ok("settings", "settings.scaled_by_urls")


def _contradictions(settings: Settings) -> Iterator[Finding]:
    is_secure = settings.public_url.startswith("https://")
    if is_secure and not settings.secure_cookies:
        yield bad("settings", "settings.cookies")
    if settings.secure_cookies and settings.public_url and not is_secure:
        yield bad("settings", "settings.no_https")
    if settings.public_url and not settings.trusted_proxies:
        yield warn("settings", "settings.no_proxy")
    if settings.redis_url and not settings.database_url:
        yield bad("settings", "settings.redis_alone")
    if settings.clock_file:
        yield warn("settings", "settings.drill", file=str(settings.clock_file))


def check_disk(folder: Path, *, is_sqlite: bool) -> Iterator[Finding]:
    """Is there room, does the disk sync quickly, and may SQLite live on it?"""
    free = shutil.disk_usage(folder).free
    told: dict[str, Fact] = {"gigabytes": round(free / 1e9, 1), "folder": str(folder)}
    if free < LEAST_FREE_BYTES:
        yield bad("disk", "disk.full", **told)
    elif free < FEW_BYTES:
        yield warn("disk", "disk.little", **told)
    else:
        yield ok("disk", "disk.room", **told)
    kind = file_system_of(folder)
    if is_sqlite and kind in NETWORK_FILES:
        yield bad("disk", "disk.network", kind=kind)
    yield from _check_sync(folder)


def file_system_of(folder: Path, *, mounts: Path = Path("/proc/mounts")) -> str:
    """Return the kind of file system below a folder; empty where the system does not tell."""
    if not mounts.exists():
        return ""
    lines = [line.split() for line in mounts.read_text("utf-8", errors="replace").splitlines()]
    real = folder.resolve()
    around = [(len(parts[1]), parts[2]) for parts in lines if len(parts) > 2 and real.is_relative_to(parts[1])]
    return max(around)[1] if around else ""


def _check_sync(folder: Path) -> Iterator[Finding]:
    try:
        seconds = _sync_seconds(folder)
    except OSError:
        return  # who cannot write here is told so by the check of the folder
    told = {"milliseconds": round(seconds * 1000, 1)}
    yield ok("disk", "disk.sync", **told) if seconds < SLOW_SYNC_SECONDS else warn("disk", "disk.slow", **told)


def _sync_seconds(folder: Path) -> float:
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            started = perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            taken.append(perf_counter() - started)
    return statistics.median(taken)


def check_port(settings: Settings) -> Iterator[Finding]:
    """Is the desk's port free, or is it the desk that has it?"""
    told = {"port": settings.port}
    if _is_free(settings):
        yield ok("port", "port.free", **told)
    elif _is_a_desk(settings):
        yield ok("port", "port.desk", **told)
    else:
        yield bad("port", "port.taken", **told)


def _is_free(settings: Settings) -> bool:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError:
            return False
    return True


def _is_a_desk(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().read(100).strip() == b'{"ok":true}'
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def check_clock(url: str) -> Iterator[Finding]:
    """Does this machine's clock agree with a web server's `Date`?"""
    try:
        there = _date_of(url)
    except (OSError, http.client.HTTPException, ValueError):
        yield warn("clock", "clock.unknown", host=urlsplit(url).hostname or url)
        return
    yield clock_finding((SystemClock().now() - there).total_seconds(), whose=urlsplit(url).hostname or "", whole=1.0)


def clock_finding(seconds: float, *, whose: str, whole: float = 0.0) -> Finding:
    """Judge how far this clock is from another, which tells its time in steps of `whole` seconds."""
    told: dict[str, Fact] = {"seconds": round(seconds, 1), "whose": whose}
    fits = abs(seconds) <= CLOCK_SECONDS + whole
    return ok("clock", "clock.agrees", **told) if fits else bad("clock", "clock.off", **told)


def _date_of(url: str) -> datetime:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(url)
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname, parts.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("HEAD", parts.path or "/")
        told = connection.getresponse().getheader("Date")
    finally:
        connection.close()
    if not told:
        raise ValueError(url)
    return parsedate_to_datetime(told).astimezone(UTC)


def check_certificates(settings: Settings) -> Iterator[Finding]:
    """Do the hotline's certificates still hold?"""
    own = settings.data_dir / "hotline" / "wss.crt"
    given = settings.hotline_certificate
    if given and not (settings.hotline_certificate_key and settings.hotline_certificate_key.exists()):
        yield bad("certificate", "certificate.no_key", file=str(given))
    for file in [given] if given else [own] if own.exists() else []:
        yield _certificate(file)


def _certificate(file: Path) -> Finding:
    try:
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return bad("certificate", "certificate.unreadable", file=str(file))
    left = (ends - SystemClock().now()).days
    told: dict[str, Fact] = {"file": str(file), "day": f"{ends:%Y-%m-%d}", "days": left}
    if left < 0:
        return bad("certificate", "certificate.over", **told)
    if left < CERTIFICATE_DAYS:
        return warn("certificate", "certificate.ends", **told)
    return ok("certificate", "certificate.holds", **told)
