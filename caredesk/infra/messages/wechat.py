"""WeChat template messages of an official account, by plain HTTPS.

`client_msg_id` is the attempt's own request id: WeChat sends one message for it, however often it is asked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from caredesk.core.clock import Clock
from caredesk.core.ports import Handed, OutgoingMessage
from caredesk.infra.messages.http import Answer, Patience, ask
from caredesk.settings import Reach

TOKEN_SPENT = (40001, 40014, 42001)
FOR_NOW = (-1, 45009, 45011, 48006)
"""Refusals that may be lifted in a moment: busy, too many in a day or a minute."""
NAMED = {
    40003: "unknown_openid",
    40037: "no_template",
    43004: "not_following",
    43101: "not_subscribed",
    43116: "not_subscribed",
    45009: "limit_reached",
    47003: "template_facts",
}
EARLY = timedelta(minutes=5)
JSON = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}


@dataclass
class _Token:
    value: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class WeChat:
    """Sends template messages. `templates` are the registered ids by our text keys, `page` is what a tap opens."""

    url: str
    app_id: str
    app_secret: str
    templates: Mapping[str, str]
    page: str
    clock: Clock
    seconds: float = 3.0
    is_play: bool = False
    reach: Reach = "public"
    _token: _Token = field(default_factory=_Token, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def hand_over(self, message: OutgoingMessage) -> Handed:
        """Send one template message; a spent access token is renewed once."""
        template = self.templates.get(message.text)
        if template is None:
            return Handed("refused", error="no_template")
        body = {
            "touser": message.to,
            "template_id": template,
            "url": self.page,
            "client_msg_id": message.request_id,
            "data": {name: {"value": value[:20]} for name, value in message.facts.items()},
        }
        token, fault = self._access()
        if fault is not None:
            return fault
        answer = self._post(f"/cgi-bin/message/template/send?access_token={token}", body)
        if _code(answer) in TOKEN_SPENT:
            token, fault = self._access(instead_of=token)
            if fault is not None:
                return fault
            answer = self._post(f"/cgi-bin/message/template/send?access_token={token}", body)
        return judge(answer)

    def _access(self, *, instead_of: str | None = None) -> tuple[str, Handed | None]:
        """Return the access token, from the cache while it is good; or why there is none."""
        with self._lock:
            known = self._token
            fresh = known.until is not None and self.clock.now() < known.until
            if fresh and known.value != instead_of:
                return known.value, None
            asked = {"grant_type": "client_credential", "appid": self.app_id, "secret": self.app_secret}
            answer = self._post("/cgi-bin/stable_token", {**asked, "force_refresh": instead_of is not None})
            given = answer.body or {}
            if not given.get("access_token"):
                code = _code(answer)
                return "", Handed("later", error=answer.error or f"token_{code if code is not None else answer.status}")
            known.value = str(given["access_token"])
            lasts = timedelta(seconds=int(given.get("expires_in", 7200)))
            known.until = self.clock.now() + max(lasts - EARLY, lasts / 2)
            return known.value, None

    def _post(self, target: str, body: Mapping[str, Any]) -> Answer:
        raw = json.dumps(body, ensure_ascii=False).encode()
        patience = Patience(self.reach, self.seconds)
        return ask(self.url, method="POST", target=target, headers=JSON, body=raw, patience=patience)


def judge(answer: Answer) -> Handed:
    """Return what an answer of WeChat says about the message."""
    if answer.error:
        return Handed("unsure" if answer.was_sent else "later", error=answer.error)
    code = _code(answer)
    if code == 0:
        return Handed("taken", provider_id=str((answer.body or {}).get("msgid", ""))[:80])
    if code is None:
        return Handed("unsure", error=f"status_{answer.status}")
    if code in FOR_NOW or code in TOKEN_SPENT:
        return Handed("later", error=NAMED.get(code, f"wechat_{code}"))
    return Handed("refused", error=NAMED.get(code, f"wechat_{code}"))


def _code(answer: Answer) -> int | None:
    code = (answer.body or {}).get("errcode")
    return code if isinstance(code, int) else None
