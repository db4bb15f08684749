"""One of those in a call: the caller, or a leg that is rung, perhaps at several phones one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from caredesk.infra.hotline.embedded.dialog import Dialog, Target
from caredesk.infra.hotline.embedded.g711 import Codec
from caredesk.infra.hotline.embedded.media import MediaPlane
from caredesk.infra.hotline.embedded.player import Player
from caredesk.infra.hotline.embedded.sip import Sip

Failure = Literal["timeout", "busy", "declined", "not_registered", "unreachable", "cancelled", "error"]
CALLER = "caller"

_REASONS: dict[int, Failure] = {
    0: "unreachable", 403: "declined", 404: "unreachable", 408: "timeout", 410: "unreachable", 480: "declined",
    486: "busy", 487: "cancelled", 488: "error", 600: "busy", 603: "declined", 606: "error",
}  # fmt: skip
"""What an answer says of a phone. 480 is what a browser phone sends when its owner declines (JsSIP)."""


def failure(code: int) -> Failure:
    """Return the reason that a SIP answer stands for; 0 is no answer at all."""
    return _REASONS.get(code, "unreachable" if 500 <= code < 600 else "error")


class Home(Protocol):
    """The call that a party belongs to."""

    sip: Sip
    plane: MediaPlane

    def hear_ringing(self, party: Party) -> None: ...
    def hear_early(self, party: Party) -> None: ...
    def hear_answered(self, party: Party) -> None: ...
    def hear_failed(self, party: Party, *, reason: Failure, cause: int) -> None: ...
    def hear_ended(self, party: Party) -> None: ...
    def hear_held(self, party: Party, *, held: bool) -> None: ...
    def hear_digit(self, party: Party, digit: str) -> None: ...


@dataclass(frozen=True)
class Ring:
    """How a leg is rung: whom, what is shown, for how long, and what happens when it answers."""

    targets: tuple[tuple[str, Target], ...]
    """User (told with the answer) and where, in the order in which they are tried."""
    shown: str
    codec: Codec
    seconds: float
    bridges: bool


class Party:
    """A participant; `dialog` is the phone that is tried or talks now."""

    def __init__(self, home: Home, *, id: str) -> None:
        self.home, self.id = home, id
        self.user = ""
        self.bridges = False
        self.told_ringing = False
        self.packets, self.heard_at = -1, 0.0
        """What the media watch has counted last, and when it last grew."""
        self.dialog = Dialog(home.sip, home.plane, listener=self)
        self.player = Player(self.dialog.session)
        self._ring: Ring | None = None
        self._rest: Sequence[tuple[str, Target]] = ()

    @property
    def answered(self) -> bool:
        """Whether this party is on the line."""
        return self.dialog.state == "answered"

    def ring(self, ring: Ring) -> None:
        """Ring the first phone; the next one when a phone is not there at all."""
        self._ring, self.bridges, self._rest = ring, ring.bridges, ring.targets
        self._try_next(last=0)

    def _try_next(self, *, last: int) -> None:
        if self._ring is None or not self._rest:
            reason: Failure = "not_registered" if self._ring and not self._ring.targets else failure(last)
            self.home.hear_failed(self, reason=reason, cause=last)
            return
        (self.user, target), *self._rest = self._rest
        self.dialog = Dialog(self.home.sip, self.home.plane, listener=self)
        self.player = Player(self.dialog.session)
        self.dialog.ring(target, shown=self._ring.shown, codec=self._ring.codec, seconds=self._ring.seconds)

    def close(self, *, code: int = 0) -> None:
        """End it without telling anybody."""
        self._rest = ()
        self.player.stop()
        self.dialog.close(code=code)

    def phone_vanished(self) -> None:
        """The phone that rings is gone: try the next one."""
        phone = self.dialog
        phone.close()
        self.on_failed(phone, 0)

    # ---- what the phone tells ----

    def on_ringing(self, phone: Dialog) -> None:
        """The phone rings; told once for a leg."""
        if phone is self.dialog and not self.told_ringing:
            self.told_ringing = True
            self.home.hear_ringing(self)

    def on_early(self, phone: Dialog) -> None:
        """The phone has sound before it answers."""
        if phone is self.dialog:
            self.home.hear_early(self)

    def on_answered(self, phone: Dialog) -> None:
        """The phone is answered."""
        if phone is self.dialog:
            self.home.hear_answered(self)

    def on_failed(self, phone: Dialog, code: int) -> None:
        """The phone was not answered: one that is not there is passed over, a no is a no."""
        if phone is not self.dialog:
            return
        reason = failure(code)
        if self._ring is not None and reason in ("unreachable", "error") and self._rest:
            self._try_next(last=code)
            return
        self.home.hear_failed(self, reason=reason, cause=code)

    def on_ended(self, phone: Dialog) -> None:
        """The phone hung up."""
        if phone is self.dialog:
            self.home.hear_ended(self)

    def on_held(self, phone: Dialog, *, held: bool) -> None:
        """The phone put the other side on hold, or came back."""
        if phone is self.dialog:
            self.home.hear_held(self, held=held)

    def on_digit(self, phone: Dialog, digit: str) -> None:
        """A key was pressed."""
        if phone is self.dialog:
            self.home.hear_digit(self, digit)
