"""Who comes in: callers from the trunk, phones that register, browsers whose socket closes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from sippy.SipRegistrationAgent import SipRegistrationAgent
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse
from sippy.SipURL import SipURL

from caredesk.infra.hotline.embedded.call import Call
from caredesk.infra.hotline.embedded.gate import Gate
from caredesk.infra.hotline.embedded.party import Party
from caredesk.infra.hotline.embedded.registrar import Registrar
from caredesk.infra.hotline.embedded.second_look import SecondLook
from caredesk.infra.hotline.embedded.sip import Sip, later
from caredesk.infra.hotline.embedded.trunk import Trunk, shown_number

log = logging.getLogger(__name__)

GONE_SECONDS = 1.5
"""Between two looks at a browser's sound after its socket closed: a network that blinked goes on sending, a closed
tab does not."""
LOOKS = 4


class House(Protocol):
    """The engine, as the doors see it."""

    setup: Any
    sip: Sip
    trunk: Trunk
    registrar: Registrar
    calls: dict[str, Call]

    def new_call(self, *, id: str = "", trunk: str = "") -> Call: ...
    def fetch_phones(self, then: Callable[[], None]) -> None: ...
    def reply(self, response: SipResponse, transaction: object) -> None: ...
    def report(self, type: str, *, call_id: str = "", **fields: Any) -> None: ...  # noqa: ANN401 (facts differ)


class Doors:
    """Answers requests that belong to no dialog yet."""

    def __init__(self, house: House, *, gate: Gate) -> None:
        self._house, self.gate = house, gate
        house.registrar.on_failed = lambda address: gate.fail(address, now=time.monotonic())
        self._second_look = SecondLook(judge=self._judge, fetch=house.fetch_phones, reply=house.reply)
        self._trunk_ok, self._full = False, False
        self._trunk_agent: SipRegistrationAgent | None = None

    def take(self, request: SipRequest, transaction: object) -> object:
        """Answer a request that belongs to no dialog."""
        method = request.getMethod()
        if method == "REGISTER":
            return (self._register(request, transaction), None, None)
        if request.getHFBody("to").getTag() is not None:
            return _reply(request, 481, "Call Does Not Exist")
        if method == "INVITE":
            return self._take_call(request, transaction)
        if method == "OPTIONS":
            return _reply(request, 200, "OK")
        return _reply(request, 405, "Method Not Allowed")

    def _register(self, request: SipRequest, transaction: object) -> SipResponse | None:
        """Return the answer to a registration; None when it comes later."""
        answer = self._house.registrar.answer(request, last=False)
        if answer is None and not self._second_look.keep(request, transaction):
            return self._judge(request)
        return answer

    def _judge(self, request: SipRequest) -> SipResponse:
        """Return the last word about a registration."""
        return self._house.registrar.answer(request, last=True) or request.genResponse(403, "Forbidden")

    def _take_call(self, request: SipRequest, transaction: object) -> object:
        (host, _), transport = request.getSource(ver=2)
        if transport != "udp" or host not in self.gate.trunks:
            return _reply(request, 403, "Forbidden")
        if len(self._house.calls) >= self._house.setup.most_calls:
            self._note_full()
            return _reply(request, 503, "Service Unavailable")
        if self._is_known(str(request.getHFBody("call-id"))):
            return _reply(request, 482, "Loop Detected")
        call = self._house.new_call(trunk=host)
        answer = call.caller.dialog.accept(request, transaction)
        if call.caller.dialog.state == "over":
            call.over = True
            self._house.calls.pop(call.id, None)
            return answer
        call.caller.dialog.caller = shown_number([_asserted(request), call.caller.dialog.caller])
        call.arrive()
        return answer

    def _note_full(self) -> None:
        if not self._full:
            self._full = True
            log.error("calls are refused: too many", extra={"calls": len(self._house.calls)})
            self._house.report("engine.trouble", code="too_many_calls")

    def note_room(self) -> None:
        """A call has ended: if calls were refused, say when there is room again (a tenth, so that it is said once)."""
        if self._full and len(self._house.calls) <= self._house.setup.most_calls * 0.9:
            self._full = False
            self._house.report("engine.recovered", code="too_many_calls")

    def _is_known(self, sip_call_id: str) -> bool:
        return any(call.caller.dialog.sip_call_id == sip_call_id for call in self._house.calls.values())

    # ---- browsers ----

    def browser_closed(self, connection: str) -> None:
        """A browser's socket closed: its phone is registered no more, and its talk is lost if its sound stops too."""
        self._house.registrar.forget_socket(connection)
        for call in list(self._house.calls.values()):
            for leg in list(call.legs.values()):
                if leg.dialog.connection != connection:
                    continue
                if leg.answered:
                    self._look_for(call, leg, before=-1, left=LOOKS)
                else:
                    leg.phone_vanished()

    def _look_for(self, call: Call, leg: Party, *, before: int, left: int) -> None:
        def counted(packets: int) -> None:
            if call.over or not leg.answered:
                return
            if packets == before:
                call.hear_lost(leg, reason="tab_closed")
            elif left:
                later(GONE_SECONDS, lambda: self._look_for(call, leg, before=packets, left=left - 1))

        leg.dialog.session.count(counted)

    # ---- the carrier ----

    def register_at_trunk(self) -> None:
        """Register at the carrier with the trunk's login, for carriers that want it so."""
        trunk = self._house.trunk
        if not trunk.addresses or trunk.login is None:
            return
        host, port = trunk.addresses[0]
        contact = self._house.sip.contact().getUrl().getCopy()
        contact.username = trunk.login[0]
        self._trunk_agent = SipRegistrationAgent(
            self._house.sip.config,
            SipURL(username=trunk.login[0], host=host, port=port),
            contact,
            user=trunk.login[0],
            passw=trunk.login[1],
            rok_cb=lambda *_: self._trunk_answered(ok=True),
            rfail_cb=lambda *_: self._trunk_answered(ok=False),
            target=((host, port), "udp"),
        )
        self._trunk_agent.doregister()

    def _trunk_answered(self, *, ok: bool) -> None:
        if ok != self._trunk_ok:
            log.warning("trunk registration", extra={"ok": ok})
            self._house.report("engine.recovered" if ok else "engine.trouble", code="trunk_registration")
        self._trunk_ok = ok


def _reply(request: SipRequest, code: int, reason: str) -> tuple[SipResponse, None, None]:
    return (request.genResponse(code, reason), None, None)


def _asserted(request: SipRequest) -> str:
    """Return the number that the carrier vouches for (RFC 3325), if it gives one."""
    if request.countHFs("p-asserted-identity") == 0:
        return ""
    try:
        return str(request.getHFBody("p-asserted-identity").getUrl().username or "")
    except (AttributeError, ValueError, IndexError):
        return ""
