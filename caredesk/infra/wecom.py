"""Sign-in by the hospital's WeCom (企业微信), in the three steps its self-built applications have.

The door (`oauth2/authorize`, `snsapi_base`: the member is asked nothing), `gettoken` for the application's token, and
`auth/getuserinfo`, which turns a code into the member's user id, once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from caredesk.core.clock import Clock
from caredesk.core.ports import WorkUser
from caredesk.infra.messages.http import Answer, Patience, ask
from caredesk.settings import Reach

TOKEN_SPENT = (40014, 41001, 42001)
BAD_CODE = (40029, 42003)
"""The code is not one, was used already, or its five minutes are over."""
EARLY = timedelta(minutes=5)
JSON = {"Accept": "application/json"}
LONGEST_ID = 64


@dataclass
class _Token:
    value: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class WeCom:
    """One application of the hospital at WeCom; `door_url` is where people's phones are sent, `url` what we ask."""

    url: str
    door_url: str
    corp_id: str
    agent_id: str
    secret: str
    clock: Clock
    seconds: float = 3.0
    reach: Reach = "public"
    _token: _Token = field(default_factory=_Token, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def door(self, *, back: str, state: str) -> str:
        """Return the door's address; the order and the fragment are WeCom's."""
        asked = {
            "appid": self.corp_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
            "agentid": self.agent_id,
        }
        return f"{self.door_url}?{urlencode(asked)}#wechat_redirect"

    def user_of(self, *, code: str) -> WorkUser:
        """Return whose code it is; a spent application's token is renewed once, a code never tried twice otherwise."""
        token = self._access()
        answer = self._whose(code, token=token) if token else Answer(error="no_token")
        if token and _code(answer) in TOKEN_SPENT:
            token = self._access(instead_of=token)
            answer = self._whose(code, token=token) if token else Answer(error="no_token")
        return judge(answer)

    def _access(self, *, instead_of: str | None = None) -> str:
        """Return the application's token, from the cache while it is good; empty when there is none to be had."""
        with self._lock:
            known = self._token
            fresh = known.until is not None and self.clock.now() < known.until
            if fresh and known.value != instead_of:
                return known.value
            asked = urlencode({"corpid": self.corp_id, "corpsecret": self.secret})
            given = self._get(f"/cgi-bin/gettoken?{asked}").body or {}
            if given.get("errcode") != 0 or not given.get("access_token"):
                return ""
            known.value = str(given["access_token"])
            lasts = timedelta(seconds=int(given.get("expires_in", 7200)))
            known.until = self.clock.now() + max(lasts - EARLY, lasts / 2)
            return known.value

    def _whose(self, code: str, *, token: str) -> Answer:
        return self._get(f"/cgi-bin/auth/getuserinfo?access_token={quote(token)}&code={quote(code, safe='')}")

    def _get(self, target: str) -> Answer:
        patience = Patience(self.reach, self.seconds)
        return ask(self.url, method="GET", target=target, headers=JSON, body=b"", patience=patience)


def judge(answer: Answer) -> WorkUser:
    """Return what an answer of WeCom says about who has come."""
    code = _code(answer)
    if code in BAD_CODE:
        return WorkUser(error="code")
    if code != 0:
        return WorkUser(error="provider")
    user_id = (answer.body or {}).get("userid")
    if not isinstance(user_id, str) or not 0 < len(user_id) <= LONGEST_ID:
        # Somebody from outside the hospital has an `openid` and no user id.
        return WorkUser(error="outsider")
    return WorkUser(user_id)


def _code(answer: Answer) -> int | None:
    code = (answer.body or {}).get("errcode")
    return code if isinstance(code, int) else None
