"""The demo's messengers: the real clients, before a provider inside this process that starts with the first message."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from caredesk.core.clock import Clock
from caredesk.core.ports import Handed, Messenger, OutgoingMessage
from caredesk.infra.messages.aliyun import AliyunSms
from caredesk.infra.messages.loopback import APP_ID, KEY_ID, Loopback, Reports, Taken
from caredesk.infra.messages.wechat import WeChat

log = logging.getLogger(__name__)

FAMILIES = ("call_up", "reminder", "delay", "early_end", "words")
TEXTS = ("doctor_news", *(f"{text}{ending}" for text in FAMILIES for ending in ("", "_plain")))
REPORT_AFTER = 1.5
"""Seconds until the play provider reports that a message arrived."""


@dataclass
class PlayProvider:
    """One provider for both channels, started when it is first needed."""

    clock: Clock
    secret: str
    reports: Reports | None = None
    _clients: dict[str, Messenger] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, channel: Literal["sms", "wechat"]) -> Messenger:
        """Return the real client of a channel, pointed at the play provider."""
        with self._lock:
            if not self._clients:
                self._clients = self._start()
            return self._clients[channel]

    def _start(self) -> dict[str, Messenger]:
        url = Loopback(self.clock, self.secret, then=self._report_later).start()
        templates = {text: f"PLAY_{text.upper()}" for text in TEXTS}
        return {
            "sms": AliyunSms(
                url, KEY_ID, self.secret, "caredesk", templates, self.clock, is_play=True, reach="loopback"
            ),
            "wechat": WeChat(url, APP_ID, self.secret, templates, "", self.clock, is_play=True, reach="loopback"),
        }

    def _report_later(self, taken: Taken) -> None:
        if self.reports is None:
            return
        timer = threading.Timer(REPORT_AFTER, _report, args=(self.reports.report, taken))
        timer.daemon = True
        timer.start()


def _report(report: Callable[[Taken], int], taken: Taken) -> None:
    try:
        report(taken)
    except OSError:
        # A report that is lost is what real providers lose, too; the ladder goes on without it.
        log.info("play_report_lost", extra={"kind": taken.kind})


@dataclass(frozen=True)
class PlayMessenger:
    """A channel of the play provider."""

    provider: PlayProvider
    channel: Literal["sms", "wechat"]
    is_play: bool = True

    def hand_over(self, message: OutgoingMessage) -> Handed:
        """Hand over one message; nothing leaves this machine."""
        return self.provider.client(self.channel).hand_over(message)
