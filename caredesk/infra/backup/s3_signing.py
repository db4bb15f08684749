"""Signing requests to storages that speak S3: AWS Signature Version 4, with the SHA-256 of what is sent in it.

Source: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; MinIO, Alibaba OSS and Tencent COS
check the same signature. Pure: the time comes in.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "s3"


@dataclass(frozen=True)
class Credentials:
    """One key of an account at a storage. Whoever has `secret` may do what the storage allows this key."""

    key_id: str
    secret: str = field(repr=False)
    region: str


@dataclass(frozen=True)
class Request:
    """What is asked for. `path` begins with a slash and is written out, not quoted."""

    method: str
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """Return path and query as they stand in the request and in what is signed."""
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(self.query.items()))
        return quote(self.path, safe="/-_.~") + (f"?{query}" if query else "")


def signed_headers(request: Request, *, credentials: Credentials, now: datetime) -> dict[str, str]:
    """Return a request's headers with those that sign it. `now` in UTC; storages allow a quarter of an hour."""
    headers = {
        **{name.lower(): value for name, value in request.headers.items()},
        "host": request.host,
        "x-amz-content-sha256": hashlib.sha256(request.body).hexdigest(),
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
    }
    names = ";".join(sorted(headers))
    path, _, query = request.target.partition("?")
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    written = "\n".join((request.method, path, query, lines, names, headers["x-amz-content-sha256"]))
    scope = f"{now:%Y%m%d}/{credentials.region}/{SERVICE}/aws4_request"
    words = "\n".join((ALGORITHM, headers["x-amz-date"], scope, hashlib.sha256(written.encode()).hexdigest()))
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, words.encode(), "sha256").hex()
    shown = f"{ALGORITHM} Credential={credentials.key_id}/{scope},SignedHeaders={names},Signature={signature}"
    return {**headers, "authorization": shown}


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
