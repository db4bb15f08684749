"""One request to a provider: HTTPS, or plain HTTP on this machine; what goes wrong is a code."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from caredesk.infra.outside import url_fault

MOST_READ = 100_000


@dataclass(frozen=True)
class Answer:
    """A provider's answer as JSON; empty when it was none. `error` says why there is no answer at all.

    `was_sent` tells whether the request may have reached the provider: then nobody knows what it did with it.
    """

    status: int = 0
    body: dict[str, Any] | None = None
    error: str = ""
    was_sent: bool = True


def ask(url: str, *, method: str, target: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
    """Send one request below a base address and return the answer; redirects are not followed."""
    base = urlsplit(url)
    fault = url_fault(url, reach="loopback")
    if fault:
        return Answer(error=fault, was_sent=False)
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    connection = kind(base.hostname or "", base.port, timeout=seconds)
    try:
        error = _reach(connection)
        if error:
            return Answer(error=error, was_sent=False)
        connection.request(method, base.path.rstrip("/") + target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, _json(answer.read(MOST_READ)))
    except TimeoutError:
        return Answer(error="timeout")
    except (OSError, http.client.HTTPException):
        return Answer(error="cut_off")
    finally:
        connection.close()


def _reach(connection: http.client.HTTPConnection) -> str:
    """Open a connection and return an empty text, or the code of what was wrong: nothing was sent then."""
    try:
        connection.connect()
    except TimeoutError:
        return "timeout"
    except ssl.SSLError:
        return "certificate"
    except OSError:
        return "unreachable"
    return ""


def _json(raw: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(raw)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None
