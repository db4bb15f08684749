"""Ports: what the desk needs from the outside world, each with an embedded and a scaled implementation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from caredesk.core.event import Event


class Push(Protocol):
    """Carries events to live screens. It may lose: stored events and catch-up repair every loss."""

    def deliver(self, events: Sequence[Event]) -> None: ...


class Jobs(Protocol):
    """Wakes whoever runs due jobs. It may be late: jobs are rows and are found by the next look."""

    def wake(self) -> None: ...


@dataclass(frozen=True)
class Shelved:
    """One step of sealing kept files anew: how many it did, and whether the same shelf has more."""

    done: int
    more: bool


class Files(Protocol):
    """Keeps uploaded files, sealed, outside the web root."""

    def put(self, name: str, content: bytes) -> None:
        """Keep a file, whole or not at all; raise FilesFull when there is no room."""
        ...

    def get(self, name: str) -> bytes:
        """Return a file's bytes; raise FileUnreadable when they were changed or their key is not here."""
        ...

    def drop(self, name: str) -> None: ...

    def standings(self) -> Mapping[str, int]:
        """Return how many files are kept by which key; reads the head of each."""
        ...

    def reseal(self, shelf: int) -> Shelved:
        """Bring files of one of 256 shelves under the newest master key, as many as one step takes."""
        ...


@dataclass(frozen=True)
class Scanned:
    """What a malware scanner says of a file; `away`: it has not said anything, `code` tells why."""

    fate: Literal["clean", "found", "away"]
    code: str = ""


class Scanner(Protocol):
    """Looks for malware in files. What goes wrong comes back as a code."""

    def scan(self, content: bytes) -> Scanned:
        """Return what is said of a file."""
        ...


class Webhook(Protocol):
    """Sends post to the hospital's own systems."""

    def send(self, *, delivery_id: str, body: bytes) -> str:
        """Send one body; return an empty text when it was taken, else the code of what was wrong."""
        ...


class PostOffice(Protocol):
    """Sends post to the systems that an administrator has added."""

    def fault_of(self, url: str) -> str:
        """Return the code of why post may not go to an address; an empty text when it may be tried."""
        ...

    def send_to(self, url: str, *, keys: Sequence[str], delivery_id: str, body: bytes) -> str:
        """Send one body, signed with each key; return an empty text when it was taken, else the code of the fault."""
        ...


@dataclass(frozen=True)
class TrackedStep:
    """One report of a carrier, in its own words."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Tracked:
    """What the tracking service says of one parcel: its state in our words, or the code of what was wrong."""

    carrier_code: str
    number: str
    status: str | None = None
    steps: tuple[TrackedStep, ...] = ()
    error: str = ""


class ParcelTracker(Protocol):
    """Asks where parcels are. What goes wrong comes back as a code."""

    def ask(self, *, carrier_code: str, number: str, phone_tail: str) -> Tracked:
        """Return what is known of a parcel now."""
        ...

    def subscribe(self, *, carrier_code: str, number: str, phone_tail: str) -> str:
        """Have changes of a parcel pushed here; return an empty text, or the code of what was wrong."""
        ...

    def read_push(self, *, param: str, sign: str) -> Tracked:
        """Return what a push tells; raise when it is not signed by the service or cannot be read."""
        ...


@dataclass(frozen=True)
class OutgoingMessage:
    """A message to a person outside: `text` names the registered template, `facts` fill it in."""

    request_id: str
    """A provider that has seen it sends nothing again."""
    to: str
    text: str
    facts: dict[str, str]


@dataclass(frozen=True)
class Handed:
    """What became of a message: taken, refused for good, refused for now, or nobody knows.

    After `unsure` it is handed over again under the same request id, so that it cannot arrive twice; after `later`
    under a new one, because the provider has spent the old one on its refusal.
    """

    fate: Literal["taken", "refused", "later", "unsure"]
    provider_id: str = ""
    error: str = ""


class Messenger(Protocol):
    """Hands messages to a provider. What goes wrong comes back as a code."""

    @property
    def is_play(self) -> bool:
        """Tell whether nothing leaves this machine: good for a demo, and for nothing else."""
        ...

    def hand_over(self, message: OutgoingMessage) -> Handed:
        """Hand over one message and return what became of it."""
        ...


@dataclass(frozen=True)
class PushTarget:
    """A browser's address at its push service, with the keys that only this browser can read by (RFC 8291)."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True)
class Pushed:
    """What became of a push: taken, its address gone for good, refused, or not possible just now."""

    fate: Literal["taken", "gone", "refused", "later"]
    error: str = ""


class WebPush(Protocol):
    """Wakes browsers whose page is closed. What goes wrong comes back as a code."""

    @property
    def public_key(self) -> str:
        """The key by which push services know this desk, as browsers want it when they subscribe (RFC 8292)."""
        ...

    def fault_of(self, target: PushTarget) -> str:
        """Return why nothing may be sent to an address, or nothing; asks nobody."""
        ...

    def send(self, target: PushTarget, *, body: bytes, topic: str) -> Pushed:
        """Send one push; a newer one of the same topic takes the place of one that still waits."""
        ...


@dataclass(frozen=True)
class WorkUser:
    """Who has come through the door of the hospital's work chat, or the code of what was wrong."""

    user_id: str = ""
    error: str = ""


class WorkLogin(Protocol):
    """Has the hospital's work chat say who somebody is (OAuth 2.0, RFC 6749)."""

    def door(self, *, back: str, state: str) -> str:
        """Return the address at which people say yes; they come `back` with a code and the same `state`."""
        ...

    def user_of(self, *, code: str) -> WorkUser:
        """Return who has brought a code, which is good once."""
        ...


@dataclass(frozen=True)
class SignOnUser:
    """Whom the hospital's provider of identities names, or the code of what was wrong.

    `fingerprint` makes a second use recognisable until `expires_at`; `login` is empty when it named none.
    """

    login: str = ""
    fingerprint: str = ""
    expires_at: datetime | None = None
    has_two_steps: bool = False
    error: Literal["", "code", "token", "provider"] = ""


class SignOn(Protocol):
    """Has the hospital's provider of identities say who somebody is (OpenID Connect)."""

    def door(self, *, back: str, state: str, nonce: str, verifier: str) -> str:
        """Return the address at which people sign in; empty while the provider does not answer."""
        ...

    def user_of(self, *, code: str, back: str, nonce: str, verifier: str) -> SignOnUser:
        """Return who has brought a code, which is good once, for these words and no others."""
        ...

    def farewell(self, *, back: str) -> str:
        """Return the address at which the provider signs people out; empty when it has none."""
        ...


@dataclass(frozen=True)
class Dialled:
    """What became of a wish for a call: taken, refused, or nobody knows."""

    fate: Literal["taken", "refused", "unsure"]
    provider_id: str = ""
    error: str = ""


class NotFetched(Exception):
    """What was asked for outside did not come; `code` says why, `lasting` that asking again is of no use."""

    def __init__(self, code: str, *, lasting: bool = False) -> None:
        super().__init__(code)
        self.code, self.lasting = code, lasting


class VendorRecordings(Protocol):
    """Recordings that a cloud call centre keeps."""

    def fetch(self, address: str) -> Iterator[bytes]:
        """Yield what is at an address, in pieces; raise NotFetched when it does not come or is too much."""
        ...


class CallCentre(Protocol):
    """A cloud call centre that rings an agent of its own, then a number. What goes wrong comes back as a code."""

    @property
    def provider(self) -> str:
        """By what name its pushes come in."""
        ...

    def dial(self, *, login: str, phone: str, number: str, tag: str) -> Dialled:
        """Have a call made to a number (E.164) for the agent who is known here by this login and this phone's user.

        `tag` comes back with what is told of the call.
        """
        ...


class RateLimits(Protocol):
    """Counts attempts in moving windows."""

    def hit(self, rule: str, *parts: str) -> int:
        """Count one attempt; return 0 when it is within the rule, else the seconds to wait."""
        ...

    def hit_each(self, rule: str, whos: Sequence[str]) -> list[int]:
        """Count an attempt of each, in order, at the price of few; return what `hit` returns for each."""
        ...
