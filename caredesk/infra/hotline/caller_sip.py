"""The words of a small telephone: SIP requests and answers of one call as text, and how to read the other side's.

Just enough of RFC 3261 to call a hotline on the same machine: one dialog over UDP, A-law and telephone events. It
decides nothing and sends nothing; `test_caller.py` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from caredesk.core.ids import new_id

Address = tuple[str, int]

_MEDIA = re.compile(r"^m=audio (\d+) ", re.MULTILINE)
_HOST = re.compile(r"^c=IN IP4 (\S+)", re.MULTILINE)
_CONTACT = re.compile(r"<?(sips?:[^>;\s]+)")
_LONG = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
# What stands in a request line or in angle brackets must not break out of it.
_FORBIDDEN = re.compile(r"[\x00-\x20<>\"]")


@dataclass(frozen=True)
class Message:
    """A SIP message: its first line, its headers in their order under lower-case names, its body."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def status(self) -> int:
        """The code of a response; 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """What a request asks, or what a response answers."""
        return self.header("cseq").split()[-1] if self.status else self.first.split()[0]

    def header(self, name: str) -> str:
        """Return the first header of this name, or an empty text."""
        return next((value for known, value in self.headers if known == name), "")

    def media(self) -> Address | None:
        """Return where the other side wants to hear sound."""
        port, host = _MEDIA.search(self.body), _HOST.search(self.body)
        return (host[1], int(port[1])) if host and port else None


def parse(data: bytes) -> Message | None:
    """Read a datagram; what is no SIP is None."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    if not re.fullmatch(r"SIP/2\.0 \d{3}( .*)?|[A-Z]+ \S+ SIP/2\.0", first):
        return None
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            known = name.strip().lower()
            headers.append((_LONG.get(known, known), value.strip()))
    return Message(first, tuple(headers), body)


def describe_sound(*, host: str, port: int, version: int = 1) -> str:
    """Offer or accept A-law and telephone events at this address."""
    lines = [
        "v=0",
        f"o=caller {port} {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP 8 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def require_plain(*numbers: str) -> None:
    """Refuse numbers that would break out of a header."""
    if any(_FORBIDDEN.search(number) for number in numbers):
        raise ValueError("numbers must not hold spaces, quotes or angle brackets")


@dataclass
class Dialog:
    """One call that this side began."""

    server: Address
    local: Address
    caller: str
    called: str
    call_id: str = field(default_factory=new_id)
    tag: str = field(default_factory=lambda: new_id()[-10:])
    branch: str = field(default_factory=lambda: f"z9hG4bK{new_id()}")
    number: int = 1
    """CSeq of the last request."""
    to: str = ""
    """The other side's To header with its tag, once it is known."""
    target: str = ""
    """Where requests within the call go, once it is answered."""

    def __post_init__(self) -> None:
        require_plain(self.caller, self.called)
        self._uri = f"sip:{self.called}@{self.server[0]}:{self.server[1]}"
        self.to, self.target = f"<{self._uri}>", self._uri

    def learn(self, answer: Message) -> None:
        """Remember who answered the call, and where."""
        self.to = answer.header("to") or self.to
        contact = _CONTACT.search(answer.header("contact"))
        if contact and 200 <= answer.status < 300:
            self.target = contact[1]

    def invite(self, body: str) -> bytes:
        """Ask for the call."""
        return self._request("INVITE", uri=self._uri, number=1, branch=self.branch, body=body)

    def acknowledge(self, answer: Message) -> bytes:
        """Acknowledge the final answer: of a refusal within its transaction, of a success by itself."""
        refused = answer.status >= 300
        branch = self.branch if refused else _new_branch()
        uri = self._uri if refused else self.target
        return self._request("ACK", uri=uri, number=1, branch=branch)

    def cancel(self) -> bytes:
        """Take the call back before it is answered."""
        return self._request("CANCEL", uri=self._uri, number=1, branch=self.branch, to=f"<{self._uri}>")

    def bye(self) -> bytes:
        """Hang up."""
        self.number += 1
        return self._request("BYE", uri=self.target, number=self.number, branch=_new_branch())

    def answer(self, request: Message, status: str, *, body: str = "") -> bytes:
        """Answer a request of the other side."""
        lines = [f"SIP/2.0 {status}"]
        lines += [f"Via: {value}" for name, value in request.headers if name == "via"]
        lines += [f"{name}: {request.header(name.lower())}" for name in ("From", "To", "Call-ID", "CSeq")]
        return _whole([*lines, f"Contact: <{self._contact}>"], body=body)

    @property
    def _contact(self) -> str:
        return f"sip:{self.caller}@{self.local[0]}:{self.local[1]}"

    def _request(self, method: str, *, uri: str, number: int, branch: str, body: str = "", to: str = "") -> bytes:
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.local[0]}:{self.local[1]};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: <{self._contact}>;tag={self.tag}",
            f"To: {to or self.to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <{self._contact}>",
        ]
        return _whole(lines, body=body)


def _new_branch() -> str:
    return f"z9hG4bK{new_id()}"


def _whole(lines: list[str], *, body: str) -> bytes:
    if body:
        lines = [*lines, "Content-Type: application/sdp"]
    content = body.encode()
    head = "".join(f"{line}\r\n" for line in [*lines, f"Content-Length: {len(content)}"])
    return head.encode() + b"\r\n" + content
