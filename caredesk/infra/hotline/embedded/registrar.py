"""Where the agents' phones are: SIP registrations with digest, by desk phones over UDP and browsers over WSS.

Users and the digests of their passwords (HA1) come from the desk. A registration is told to the desk when it begins
and when it ends; a browser's also ends when its socket closes.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sippy.SipAuthorization import SipAuthorization
from sippy.SipContact import SipContact
from sippy.SipExpires import SipExpires
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse
from sippy.SipURL import SipURL
from sippy.SipWWWAuthenticate import SipWWWAuthenticate
from sippy.Time.Timeout import Timeout

log = logging.getLogger(__name__)

SHORTEST, USUAL, LONGEST = 10, 600, 3600
"""Seconds that a registration holds."""
GRACE = 5.0
"""Seconds that a registration outlives what it was granted for, so that a late refresh finds it."""
_HA1 = re.compile(r"^[0-9a-f]{32}$")

Kind = Literal["browser", "desk"]
Told = Callable[..., None]


@dataclass(frozen=True)
class Phone:
    """A phone that may register: user, digest of user, realm and password, kind."""

    user: str
    ha1: str
    kind: Kind


@dataclass
class Binding:
    """Where a phone is: its contact, the address that it registered from, until when."""

    user: str
    kind: Kind
    contact: SipURL
    address: tuple[str, int]
    transport: str
    until: float


class Registrar:
    """Answers REGISTER and knows who is where."""

    def __init__(self, *, told: Told, failed: Callable[[str], None], utc: Callable[[float], str]) -> None:
        """`told` gets facts, `failed` the address of a wrong password, `utc` turns seconds from now into a time."""
        self._told, self._utc = told, utc
        self.on_failed = failed
        self._phones: dict[str, Phone] = {}
        self._learned = False
        self._bindings: dict[str, Binding] = {}
        self._ha1_of: dict[str, str] = {}
        """With which digest each binding was proved."""
        self.realm = "caredesk"
        Timeout(self._expire, 1.0, -1)

    def learn(self, shape: Mapping[str, Any]) -> None:
        """Take the desk's list of phones; whoever is no longer on it, or has a new password, is registered no more."""
        self.realm, self._learned = str(shape["realm"]), True
        phones = [Phone(str(one["user"]), str(one["ha1"]), one["kind"]) for one in shape["phones"]]
        self._phones = {phone.user: phone for phone in phones if _HA1.match(phone.ha1)}
        known = {user: phone.ha1 for user, phone in self._phones.items()}
        for user, binding in list(self._bindings.items()):
            if known.get(user) != self._ha1_of.get(user):
                self._end(binding, reason="revoked")

    def find(self, user: str) -> Binding | None:
        """Return where a phone is registered, or None."""
        return self._bindings.get(user)

    def addresses(self) -> set[str]:
        """Return the addresses of all registered desk phones."""
        return {binding.address[0] for binding in self._bindings.values() if binding.transport == "udp"}

    def answer(self, request: SipRequest, *, last: bool) -> SipResponse | None:
        """Return the response to a REGISTER: a challenge, a refusal or the granted time.

        None stands for a refusal that a newer list could make a welcome, unless this is the `last` word.
        """
        if not self._learned:
            # The desk has not told yet who may: no fault of the phone's, which tries again by itself.
            return request.genResponse(503, "Service Unavailable") if last else None
        user = str(request.getHFBody("to").getUrl().username or "")
        phone = self._phones.get(user)
        if request.countHFs("authorization") == 0:
            return self._challenge(request)
        proof = request.getHFBody("authorization")
        if phone is None or not self._proved(proof, user=user, phone=phone):
            if not proof.ho.validate_challenge(proof.nonce or "", (1,)):
                return self._challenge(request)
            return self._refuse(request, known=phone is not None) if last else None
        return self._register(request, phone)

    def _refuse(self, request: SipRequest, *, known: bool) -> SipResponse:
        address, transport = request.getSource(ver=2)
        if transport == "udp":
            self.on_failed(address[0])
        log.warning("phone not let in", extra={"known": known})
        return request.genResponse(403, "Forbidden")

    def _challenge(self, request: SipRequest) -> SipResponse:
        response = request.genResponse(401, "Unauthorized")
        response.appendHeader(SipHeader(body=SipWWWAuthenticate(realm=self.realm, algorithm="MD5")))
        return response

    def _proved(self, proof: SipAuthorization, *, user: str, phone: Phone) -> bool:
        """Judge a digest. It is MD5 (RFC 2617), the only kind that every desk phone speaks."""
        if not proof.parsed:
            proof.parse()
        right = proof.algorithm in (None, "MD5") and proof.verifyHA1(phone.ha1.encode(), "REGISTER", None)
        return bool(right and proof.username == user and proof.realm == self.realm)

    def _register(self, request: SipRequest, phone: Phone) -> SipResponse:
        contact = request.getHFBody("contact") if request.countHFs("contact") else None
        seconds = _wanted(request, contact)
        response = request.genResponse(200, "OK")
        if contact is None:
            return response
        if contact.asterisk or seconds == 0:
            if binding := self._bindings.get(phone.user):
                self._end(binding, reason="phone")
            return response
        seconds = min(max(seconds, SHORTEST), LONGEST)
        address, transport = request.getSource(ver=2)
        self._bind(phone, contact=contact.getUrl().getCopy(), address=address, transport=transport, seconds=seconds)
        told = contact.getCopy()
        told.address.params["expires"] = str(seconds)
        response.appendHeader(SipHeader(name="contact", body=told))
        response.appendHeader(SipHeader(body=SipExpires(number=seconds)))
        return response

    def _bind(self, phone: Phone, *, contact: SipURL, address: tuple[str, int], transport: str, seconds: int) -> None:
        known = self._bindings.get(phone.user)
        # sippy has put the name of a browser's connection in the place of the contact's host, which is invented.
        via = (str(contact.host), address[1]) if transport == "wss" else address
        until = time.monotonic() + seconds + GRACE
        self._bindings[phone.user] = Binding(phone.user, phone.kind, contact, via, transport, until)
        self._ha1_of[phone.user] = phone.ha1
        if known is None or known.address != via:
            log.info("phone registered", extra={"phone": phone.user, "kind": phone.kind})
        self._told("phone.registered", user=phone.user, kind=phone.kind, expires_at=self._utc(seconds))

    def forget_socket(self, connection: str) -> list[str]:
        """End the registrations of a closed browser socket and return their users."""
        gone = [binding for binding in self._bindings.values() if binding.address[0] == connection]
        for binding in gone:
            self._end(binding, reason="socket_closed")
        return [binding.user for binding in gone]

    def _expire(self) -> None:
        for binding in [one for one in self._bindings.values() if one.until < time.monotonic()]:
            self._end(binding, reason="expired")

    def _end(self, binding: Binding, *, reason: str) -> None:
        self._bindings.pop(binding.user, None)
        log.info("phone gone", extra={"phone": binding.user, "reason": reason})
        self._told("phone.unregistered", user=binding.user, kind=binding.kind, reason=reason)


def _wanted(request: SipRequest, contact: SipContact | None) -> int:
    """Return for how long a phone wants to be registered, seconds."""
    if contact is not None and not contact.asterisk and str(contact.address.params.get("expires", "")).isdigit():
        return int(contact.address.params["expires"])
    if request.countHFs("expires"):
        return int(request.getHFBody("expires").getNum())
    return USUAL
