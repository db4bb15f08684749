"""One phone on the line: its SIP dialog, the sound that belongs to it, and what it tells.

The same for the caller, an agent's desk phone, an agent's browser and a number that we call. State is changed before
anything is told, as who is told may answer at once.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from sippy.CCEvents import (
    CCEventConnect,
    CCEventDisconnect,
    CCEventFail,
    CCEventGeneric,
    CCEventInfo,
    CCEventRedirect,
    CCEventRing,
    CCEventTry,
    CCEventUpdate,
)
from sippy.MsgBody import MsgBody
from sippy.SipCallId import SipCallId
from sippy.SipRequest import SipRequest
from sippy.SipURL import SipURL
from sippy.UA import UA

from caredesk.infra.hotline.embedded.g711 import Codec
from caredesk.infra.hotline.embedded.media import MediaPlane, MediaSession
from caredesk.infra.hotline.embedded.sdp import (
    DTMF_TYPE,
    NOTHING,
    BadSdp,
    Direction,
    Media,
    answering,
    read_sdp,
    write_sdp,
)
from caredesk.infra.hotline.embedded.sip import Sip, Timer, later

log = logging.getLogger(__name__)

Said = tuple[int, str, MsgBody]
"""What sippy tells of an answer: code, reason, body or None."""
State = Literal["new", "ringing", "early", "answered", "over"]
DEAF_SECONDS = 4.0
"""A phone that has not even said "trying" by then is not there."""
_SIGNAL = re.compile(r"^\s*(?:Signal\s*=\s*)?([0-9A-D*#]|1[01])\s*$", re.IGNORECASE | re.MULTILINE)


class Listener(Protocol):
    """Who is told of a phone."""

    def on_ringing(self, phone: Dialog) -> None: ...
    def on_early(self, phone: Dialog) -> None: ...
    def on_answered(self, phone: Dialog) -> None: ...
    def on_failed(self, phone: Dialog, code: int) -> None: ...
    def on_ended(self, phone: Dialog) -> None: ...
    def on_held(self, phone: Dialog, *, held: bool) -> None: ...
    def on_digit(self, phone: Dialog, digit: str) -> None: ...


@dataclass(frozen=True)
class Target:
    """Whom to ring: the user part, the address, how; `contact` is what a registered phone wants to be called."""

    user: str
    address: tuple[str, int]
    transport: str = "udp"
    contact: SipURL | None = None
    secure: bool = False
    login: tuple[str, str] | None = None
    dtmf: int = DTMF_TYPE
    """The payload type of telephone events that the other side of the talk has, so that keys pass through."""


class _Invite(CCEventTry):
    """An INVITE to the very contact that a phone has registered."""

    target: SipURL | None = None

    def onUacSetupComplete(self, uac: UA) -> None:  # noqa: N802 (sippy's name)
        """Put the contact in the place of the address that sippy would make up."""
        if self.target is not None:
            uac.rTarget = self.target.getCopy()


class Dialog:
    """A phone that calls us or that we call."""

    def __init__(self, sip: Sip, plane: MediaPlane, *, listener: Listener) -> None:
        self._sip, self._listener = sip, listener
        self.state: State = "new"
        self.held = False
        self._target: Target | None = None
        self.session = MediaSession(plane, 8)
        self.caller = self.called = ""
        self.sip_call_id = ""
        self._media: Media | None = None
        self._version = 1
        self._timer: Timer = None
        self._direction: Direction = "sendrecv"
        self._ua = self._make_ua()

    def _make_ua(self, target: Target | None = None) -> UA:
        login = target.login if target and target.login else (None, None)
        address, transport = (target.address, target.transport) if target else (None, "udp")
        ua = UA(
            self._sip.config,
            self._on_event,
            username=login[0],
            password=login[1],
            nh_address=address,
            nh_transport=transport,
        )
        ua.local_ua, ua.lContact = "caredesk", self._sip.contact()
        ua.godead_timeout = 8.0
        return ua

    # ---- a phone that calls us ----

    def accept(self, request: SipRequest, transaction: object) -> object:
        """Take an INVITE; what it says is told by `caller`, `called` and `failure`."""
        self.sip_call_id = str(request.getHFBody("call-id"))
        return self._ua.recvRequest(request, transaction)

    def prepare(self, then: Callable[[], None]) -> None:
        """Open the sound of a phone that has called; `then` comes when it can be answered."""
        if (media := self._media) is None:
            return
        self.session.codec = media.codecs[0]
        self.session.open(secure=False, then=lambda: self.session.join(media, then=then))

    @property
    def connection(self) -> str:
        """Return the name of the browser's connection that this line goes by; empty for a desk phone."""
        return self._target.address[0] if self._target and self._target.transport == "wss" else ""

    @property
    def dtmf(self) -> int:
        """Return the payload type of telephone events on this line."""
        return self._media.dtmf if self._media and self._media.dtmf is not None else DTMF_TYPE

    def say_ringing(self) -> None:
        """Let the phone's owner hear it ring (180), unless there is something better to hear already."""
        if self.state == "new":
            self._ua.recvEvent(CCEventRing((180, "Ringing", None)))

    def progress(self) -> None:
        """Let the phone hear us before it is answered (183)."""
        if self.state == "new":
            self.state = "early"
            self._ua.recvEvent(CCEventRing((183, "Session Progress", self._body())))

    def answer(self) -> None:
        """Answer (200)."""
        if self.state in ("new", "early"):
            self.state = "answered"
            self._ua.recvEvent(CCEventConnect((200, "OK", self._body())))

    # ---- a phone that we call ----

    def ring(self, target: Target, *, shown: str, codec: Codec, seconds: float) -> None:
        """Call a phone for at most so many seconds; it is shown `shown` as who calls."""
        self.session.codec, self._target = codec, target
        self._ua = self._make_ua(target)
        self.session.open(secure=target.secure, then=lambda: self._invite(target, shown=shown, seconds=seconds))

    def _invite(self, target: Target, *, shown: str, seconds: float) -> None:
        if self.state == "over":
            return
        self._timer = later(min(DEAF_SECONDS, seconds), lambda: self._deaf(seconds))
        event = _Invite((SipCallId(), shown, target.user, self._body(), None, "caredesk"))
        event.target = target.contact
        self._ua.recvEvent(event)

    def _deaf(self, seconds: float) -> None:
        heard = self._ua.p100_ts is not None or self._ua.p1xx_ts is not None
        if not heard or seconds <= DEAF_SECONDS:
            self._give_up(408 if heard else 0)
        else:
            self._timer = later(seconds - DEAF_SECONDS, lambda: self._give_up(408))

    def _give_up(self, code: int) -> None:
        if self.state in ("new", "ringing", "early"):
            self.close()
            self._listener.on_failed(self, code)

    # ---- both ----

    def close(self, *, code: int = 0) -> None:
        """End it, whatever state it is in: refuse with a code, cancel or hang up. Nothing more is told."""
        if self.state == "over":
            return
        was, self.state = self.state, "over"
        self._stop_timer()
        if code and was in ("new", "early"):
            self._ua.recvEvent(CCEventFail((code, _REASONS.get(code, "Declined"))))
        else:
            self._ua.recvEvent(CCEventDisconnect())
        self.close_sound()

    def close_sound(self) -> None:
        """End the sound only; the dialog has ended or its phone is lost."""
        self.session.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _body(self) -> MsgBody:
        media = self._media
        text = write_sdp(
            address=self._sip.media_address(self._towards()),
            port=self.session.outer_port,
            codecs=(self.session.codec,),
            dtmf=media.dtmf if media else self._target.dtmf if self._target else DTMF_TYPE,
            version=self._version,
            direction=self._direction,
            guard=self._guard(),
        )
        self._version += 1
        body = MsgBody(text)
        body.needs_update = False
        return body

    def _towards(self) -> str:
        """Return an address on the phone's side; a browser's own is known only from its answer."""
        if self._media is not None and self._media.address != NOTHING:
            return self._media.address
        plain = self._target is not None and self._target.transport == "udp"
        return self._target.address[0] if plain and self._target else "127.0.0.1"

    def _guard(self) -> tuple[str, ...]:
        """Return how our side is protected; in an answer our part in it is the other of the phone's."""
        guard = self.session.guard
        if guard and self._media is not None:
            setup = self._media.attribute("setup")
            ours = "active" if setup == "passive" else "passive"
            return (f"setup:{ours}", *guard[1:])
        return guard

    # ---- what comes from sippy ----

    def _on_event(self, event: CCEventGeneric, _ua: UA) -> None:
        if self.state == "over":
            return
        try:
            self._take(event)
        except BadSdp as fault:
            log.warning("phone with unusable media", extra={"code": fault.code})
            self._refuse_media(event, fault.code)

    def _take(self, event: CCEventGeneric) -> None:
        data = event.getData()
        if isinstance(event, CCEventTry):
            _, self.caller, self.called, body, _, _ = data
            self._media = read_sdp(_text(body))
        elif isinstance(event, CCEventRing):
            self._take_ringing(data)
        elif isinstance(event, CCEventConnect):
            self._take_answer(data)
        elif isinstance(event, CCEventUpdate):
            self._take_change(read_sdp(_text(data)))
        elif isinstance(event, CCEventInfo):
            self._take_info(_text(data))
        elif isinstance(event, (CCEventFail, CCEventRedirect, CCEventDisconnect)):
            self._take_end(event)

    def _take_ringing(self, data: Said | None) -> None:
        code, _, body = data or (180, "", None)
        if code < 180:
            return
        if body is not None and self.state in ("new", "ringing"):
            self._media = read_sdp(_text(body))
            self.state = "early"
            self.session.join(self._media, then=lambda: self._listener.on_early(self))
        elif self.state == "new":
            self.state = "ringing"
        else:
            return
        self._listener.on_ringing(self)

    def _take_answer(self, data: Said | None) -> None:
        if self.state == "answered":
            return
        if data is not None and (body := data[2]) is not None:
            self._media = read_sdp(_text(body))
        if self._media is None or self.session.codec not in self._media.codecs:
            raise BadSdp(488)
        self._stop_timer()
        self.state = "answered"
        self.session.join(self._media, then=self._joined)

    def _joined(self) -> None:
        if self.state == "answered":
            self._listener.on_answered(self)

    def _take_change(self, media: Media) -> None:
        """Answer a re-INVITE here: the other side is left alone, it only hears something else."""
        if self.session.codec not in media.codecs:
            raise BadSdp(488)
        was, self.held = self.held, media.silent
        self._media, self._direction = media, answering(media.direction)
        # A browser's way is ICE's business, which goes on by itself.
        if not media.silent and not media.secure:
            self.session.join(media)
        self._ua.recvEvent(CCEventConnect((200, "OK", self._body())))
        if was != self.held:
            self._listener.on_held(self, held=self.held)

    def _take_info(self, text: str) -> None:
        if found := _SIGNAL.search(text):
            self._listener.on_digit(self, {"10": "*", "11": "#"}.get(found[1], found[1].upper()))

    def _take_end(self, event: CCEventGeneric) -> None:
        was, self.state = self.state, "over"
        self._stop_timer()
        self.close_sound()
        if was == "answered":
            self._listener.on_ended(self)
        elif isinstance(event, CCEventDisconnect):
            self._listener.on_failed(self, 487)
        else:
            self._listener.on_failed(self, int((event.getData() or (500,))[0]))

    def _refuse_media(self, event: CCEventGeneric, code: int) -> None:
        if isinstance(event, CCEventUpdate):
            self._ua.recvEvent(CCEventFail((488, _REASONS[488])))
            return
        incoming = isinstance(event, CCEventTry)
        self.close(code=code if incoming else 0)
        if not incoming:
            self._listener.on_failed(self, code)


_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
}


def _text(body: object) -> str:
    if body is None:
        raise BadSdp(488)
    return str(body)
