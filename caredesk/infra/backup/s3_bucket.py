"""One bucket of a storage that speaks S3: its few requests, tried again while it is away, refused in plain words.

Spoken to through the one door (`infra/outside.py`). What a storage says in its own words is never passed on: a code
of ours stands for it, and the storage's code, a word of letters, as the detail.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, unescape

from caredesk.core.clock import Clock
from caredesk.infra.backup.faults import BackupFault
from caredesk.infra.backup.s3_signing import Credentials, Request, signed_headers
from caredesk.infra.outside import Answered, FetchLimits, ask_outside
from caredesk.settings import BucketStyle, Reach

MOST_TOLD = 4_000_000
"""Bytes of a list at most: a thousand objects need a tenth."""
TRIES_AFTER = (1.0, 3.0, 9.0)
"""Seconds to wait before each further try, while a storage is away or too busy."""
MOST_APART = timedelta(minutes=10)
"""By how much clocks may differ; AWS refuses from a quarter of an hour on."""
PASSING = frozenset({429, 500, 502, 503, 504})
KEY_CODES = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity", "AuthorizationHeaderMalformed"}
)
CLOCK_CODES = frozenset({"RequestTimeTooSkewed", "RequestExpired"})


@dataclass(frozen=True)
class Bucket:
    """Where a bucket is and by whose key it is used. `style`: the bucket's name in the path or before the host."""

    url: str
    name: str
    credentials: Credentials
    clock: Clock = field(repr=False)
    style: BucketStyle = "path"
    reach: Reach = "public"
    seconds: float = 120.0
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __str__(self) -> str:
        return f"the bucket {self.name} at {urlsplit(self.url).netloc}"

    # ---- whole objects -----------------------------------------------------------------------------------

    def put(self, key: str, content: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        """Store an object; an older one of this name is replaced."""
        self._ask("PUT", key, body=content, headers=headers)

    def find(self, key: str) -> bytes | None:
        """Return a small object; None when there is none."""
        answer = self._ask("GET", key, absent=("NoSuchKey",))
        return None if answer.status == HTTPStatus.NOT_FOUND else answer.content

    def read(self, key: str, *, start: int, count: int) -> bytes:
        """Return `count` bytes of an object from an offset on; a storage that gives fewer is asked again."""
        last = start + count - 1
        for pause in (*TRIES_AFTER, None):
            answer = self._ask("GET", key, headers={"range": f"bytes={start}-{last}"}, most=count + 1)
            if len(answer.content) == count:
                return answer.content
            if pause is not None:
                self.pause(pause)
        raise BackupFault("s3_cut", detail=key)

    def delete(self, key: str) -> None:
        """Delete an object; one that is gone already is no fault."""
        self._ask("DELETE", key, absent=("NoSuchKey",))

    def sizes(self, prefix: str) -> dict[str, int]:
        """Return what objects there are below a prefix, with their sizes in bytes."""
        found: dict[str, int] = {}
        for told in self._pages({"list-type": "2", "prefix": prefix}, of="ListBucketResult"):
            for one in _blocks(told, "Contents"):
                found[_field(one, "Key")] = int(_field(one, "Size") or 0)
        return found

    # ---- objects in parts --------------------------------------------------------------------------------

    def begin_upload(self, key: str, *, headers: Mapping[str, str]) -> str:
        """Begin an object that comes in parts; return the id of the upload. Nothing is listed until it is completed."""
        told = self._ask("POST", key, query={"uploads": ""}, headers=headers).content.decode("utf-8", "replace")
        if not (upload := _field(told, "UploadId")):
            raise BackupFault("s3_refused")
        return upload

    def put_part(self, key: str, content: bytes, *, upload: str, number: int) -> str:
        """Store one part, counted from 1; return by what the storage knows it."""
        query = {"partNumber": str(number), "uploadId": upload}
        return self._ask("PUT", key, query=query, body=content).headers.get("etag", "")

    def complete(self, key: str, *, upload: str, tags: list[str]) -> None:
        """Make the parts one object."""
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>"
            for number, tag in enumerate(tags, start=1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        # When the answer to a first try was lost the upload is gone by the second: whoever asked looks at the object.
        answer = self._ask("POST", key, query={"uploadId": upload}, body=body, absent=("NoSuchUpload",))
        told = answer.content.decode("utf-8", "replace")
        if answer.status == HTTPStatus.OK and "<Error>" in told:
            # A storage may begin with 200 and find out later: what counts is what it says in the end.
            raise self._refusal(answer)

    def abort(self, key: str, *, upload: str) -> None:
        """Give up an upload; its parts are deleted."""
        self._ask("DELETE", key, query={"uploadId": upload}, absent=("NoSuchUpload", "NoSuchKey"))

    def uploads(self, prefix: str) -> list[tuple[str, str]]:
        """Return the uploads below a prefix that were begun and neither completed nor given up, as key and id."""
        # Some storages say of an empty list that there is no such upload.
        answer = self._ask("GET", "", query={"uploads": "", "prefix": prefix}, absent=("NoSuchUpload",))
        told = answer.content.decode("utf-8", "replace")
        return [(_field(one, "Key"), _field(one, "UploadId")) for one in _blocks(told, "Upload")]

    # ---- asking ------------------------------------------------------------------------------------------

    def _pages(self, query: dict[str, str], *, of: str) -> Iterator[str]:
        after = ""
        while True:
            asked = {**query, "continuation-token": after} if after else query
            told = self._ask("GET", "", query=asked).content.decode("utf-8", "replace")
            if f"</{of}>" not in told:
                raise BackupFault("s3_cut")
            yield told
            after = _field(told, "NextContinuationToken")
            if not after:
                return

    def _ask(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        most: int = MOST_TOLD,
        absent: tuple[str, ...] = (),
    ) -> Answered:
        """Ask, again while the storage is away; return its answer, also the 404 for what may be absent."""
        said = dict(headers or {})
        if body:
            # The signature covers the body as well; storages with object lock ask for this sum by name.
            said["content-md5"] = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        request = self._request(method, key, query=query or {}, headers=said, body=body)
        answer = self._tried(request, most=most)
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        if answer.status == HTTPStatus.NOT_FOUND and _code_of(answer) in absent:
            return answer
        raise self._refusal(answer)

    def _tried(self, request: Request, *, most: int) -> Answered:
        answer = Answered(fault="unreachable")
        for pause in (*TRIES_AFTER, None):
            answer = _whole(self._asked(request, most=most))
            if not _passes(answer) or pause is None:
                break
            self.pause(pause)
        if answer.fault in ("address_refused", "scheme_refused", "certificate"):
            raise BackupFault("s3_address", detail=answer.fault)
        if answer.fault or answer.status in PASSING:
            raise BackupFault("s3_away", detail=answer.fault or f"status_{answer.status}")
        return answer

    def _asked(self, request: Request, *, most: int) -> Answered:
        headers = signed_headers(request, credentials=self.credentials, now=self.clock.now())
        return ask_outside(
            f"{urlsplit(self.url).scheme}://{request.host}{request.target}",
            method=request.method,
            body=request.body,
            headers=headers,
            reach=self.reach,
            limits=FetchLimits(max(most, 1), self.seconds, self.seconds),
        )

    def _request(
        self, method: str, key: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Request:
        base = urlsplit(self.url.rstrip("/"))
        if self.style == "host":
            return Request(method, f"{self.name}.{base.netloc}", f"{base.path}/{key}", query, headers, body)
        # A bucket itself is asked for without a slash behind it, which some storages take for an object without a name.
        path = f"{base.path}/{self.name}" + (f"/{key}" if key else "")
        return Request(method, base.netloc, path, query, headers, body)

    def _refusal(self, answer: Answered) -> BackupFault:
        code = _code_of(answer)
        if code in CLOCK_CODES or self._is_off(answer):
            return BackupFault("s3_clock")
        if code in KEY_CODES:
            return BackupFault("s3_key", detail=code)
        if code == "NoSuchBucket":
            return BackupFault("s3_no_bucket", detail=self.name)
        if answer.status == HTTPStatus.FORBIDDEN:
            return BackupFault("s3_forbidden", detail=code)
        return BackupFault("s3_refused", detail=code or f"status_{answer.status}")

    def _is_off(self, answer: Answered) -> bool:
        """Tell whether the storage lives in another time: several say of that only that access is denied."""
        try:
            there = parsedate_to_datetime(answer.headers.get("date", ""))
            return abs(there - self.clock.now()) > MOST_APART
        except (ValueError, TypeError):
            return False


def _whole(answer: Answered) -> Answered:
    """Return an answer, or that it was cut off: even its headers may end early and still look like whole ones."""
    length = answer.headers.get("content-length", "")
    ends = "transfer-encoding" in answer.headers or length == str(len(answer.content))
    if answer.fault or ends or answer.status == HTTPStatus.NO_CONTENT:
        return answer
    return Answered(fault="cut_off")


def _passes(answer: Answered) -> bool:
    """Tell whether it may be otherwise in a moment."""
    return answer.fault in ("cut_off", "timeout", "unreachable") or answer.status in PASSING


# ---- what a storage says: flat lists, so that no parser is needed that knows of entities ----------------------------


def _code_of(answer: Answered) -> str:
    return _field(answer.content.decode("utf-8", "replace"), "Code")


def _blocks(told: str, name: str) -> list[str]:
    return re.findall(rf"<{name}>(.*?)</{name}>", told, flags=re.DOTALL)


def _field(told: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", told)
    return unescape(found[1], {"&quot;": '"', "&#34;": '"', "&#39;": "'"}) if found else ""
