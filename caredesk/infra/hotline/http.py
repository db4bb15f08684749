"""The few requests that an engine makes to the desk: one kept connection for each thread, a bearer's secret, JSON."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from caredesk.edge.signatures import keys_in

MOST_READ = 64_000_000


class DeskUnreachable(Exception):
    """The desk did not answer, or not with success. `status` is 0 without an answer."""

    def __init__(self, status: int = 0) -> None:
        super().__init__(f"status {status}" if status else "no answer")
        self.status = status


class DeskHttp:
    """Talks to `/hooks/hotline` of one desk. Not for several threads at once: each has its own."""

    def __init__(self, url: str, *, secret: str, seconds: float = 10.0) -> None:
        """Take the desk's address (`http://127.0.0.1:5000`), the shared secret and the patience with one answer."""
        target = urlsplit(url)
        self._host = target.hostname or "127.0.0.1"
        self._port = target.port or (443 if target.scheme == "https" else 80)
        self._secure = target.scheme == "https"
        self._base = target.path.rstrip("/") + "/hooks/hotline"
        # While it is being changed, the desk knows two of them, the newest first.
        self._secret = next(iter(keys_in(secret)), "")
        self._seconds = seconds
        self._connection: http.client.HTTPConnection | None = None
        self._over = False

    def get(self, path: str, *, seconds: float | None = None) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON at a path. `seconds` more are waited for when the desk holds its answer back."""
        return self._read(self.ask("GET", path, extra=seconds or 0.0))

    def post(self, path: str, shape: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
        """Post JSON and return the JSON answer."""
        headers = {"Content-Type": "application/json"}
        return self._read(self.ask("POST", path, body=orjson.dumps(shape), headers=headers))

    def _read(self, answer: bytes) -> Any:  # noqa: ANN401 (JSON)
        """Read an answer; one that a dying desk has cut short is as good as none, and is asked for again."""
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError as fault:
            self.close()
            raise DeskUnreachable from fault

    def ask(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, extra: float = 0.0
    ) -> bytes:
        """Make one request and return the answer's body; a connection that was closed meanwhile is made anew once."""
        sent = {"Authorization": f"Bearer {self._secret}", "User-Agent": "caredesk-hotline", **(headers or {})}
        for attempt in (1, 2):
            if self._over:
                break
            fresh = self._connection is None
            try:
                return self._once(method, path, body=body, headers=sent, extra=extra)
            except (OSError, http.client.HTTPException) as fault:
                self.close()
                if fresh or attempt == 2:
                    raise DeskUnreachable from fault
        raise DeskUnreachable

    def _once(self, method: str, path: str, *, body: bytes, headers: Mapping[str, str], extra: float) -> bytes:
        connection = self._connection or self._connect()
        self._connection = connection
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(self._seconds + extra)
        connection.request(method, self._base + path, body=body or None, headers=dict(headers))
        answer = connection.getresponse()
        read = answer.read(MOST_READ)
        if not 200 <= answer.status < 300:
            raise DeskUnreachable(answer.status)
        return read

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=self._seconds)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def part(self) -> None:
        """Ask nothing any more; a request that is being held ends at once. From whatever thread."""
        self._over = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
