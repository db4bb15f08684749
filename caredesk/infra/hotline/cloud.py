"""Asking a cloud call centre for a call, in its vendor's way: the signed request, and what its answer means.

Sources: cloud.tencent.com/document/api/679/68726 (CreateCallOutSession, signature TC3-HMAC-SHA256) and 7moor's
developer pages v2docs/dialout and v2docs/authorization. Never tried against their systems.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from caredesk.core.clock import CLINIC_ZONE, Clock
from caredesk.core.ports import Dialled
from caredesk.infra.messages.http import Answer, Patience, ask
from caredesk.settings import Reach

MOBILE_DIGITS = 11
JSON = "application/json; charset=utf-8"
AGENT_TAKES_IT_BY = "sip"
"""`ExtenType` of 7moor: on the soft phone; `Local` would be the agent's mobile, `gateway` a voice gateway."""


@dataclass(frozen=True)
class CentreAccount:
    """One hospital's account. `agents` says how the vendor names our people, with `{login}` and `{phone}`."""

    url: str
    account: str
    key_id: str
    key: str
    agents: str
    clock: Clock
    seconds: float
    reach: Reach = "public"

    @property
    def patience(self) -> Patience:
        """How near the vendor may be, and how long it may take."""
        return Patience(self.reach, self.seconds)

    def agent(self, *, login: str, phone: str) -> str:
        """Return how the vendor names an agent of ours."""
        return self.agents.replace("{login}", login).replace("{phone}", phone or login)


def national(number: str) -> str:
    """Return a number as it is dialled in mainland China: mobiles as they are, others with their area code's zero."""
    if not number.startswith("+86"):
        return f"00{number.lstrip('+')}"
    digits = number.removeprefix("+86")
    return digits if len(digits) == MOBILE_DIGITS and digits.startswith("1") else f"0{digits}"


# ---- Tencent TCCC --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tccc:
    """Tencent's Cloud Contact Center rings the agent's bound mobile first, then the number."""

    account: CentreAccount
    provider: str = "tccc"

    def dial(self, *, login: str, phone: str, number: str, tag: str) -> Dialled:
        """Ask for a session of two calls; its id is that of the record which is pushed afterwards."""
        asked = {
            "SdkAppId": int(self.account.account or 0),
            "UserId": self.account.agent(login=login, phone=phone),
            "Callee": f"00{number.lstrip('+')}",
            # The only way that the vendor offers for calls that are asked for from outside.
            "IsForceUseMobile": True,
            "UUI": tag,
        }
        body = json.dumps(asked, separators=(",", ":")).encode()
        headers = tencent_headers(self.account, action="CreateCallOutSession", body=body)
        answer = ask(
            self.account.url, method="POST", target="/", headers=headers, body=body, patience=self.account.patience
        )
        told = _inner(answer, "Response")
        if told is None:
            return _unsure(answer)
        if told.get("SessionId"):
            return Dialled("taken", provider_id=str(told["SessionId"])[:80])
        return Dialled("refused", error=_code(_inner_of(told, "Error").get("Code")))


def tencent_headers(account: CentreAccount, *, action: str, body: bytes) -> dict[str, str]:
    """Return the headers of a request signed with TC3-HMAC-SHA256."""
    at = account.clock.now()
    stamp, day = str(int(at.timestamp())), at.strftime("%Y-%m-%d")
    host = urlsplit(account.url).netloc
    signed = f"content-type:{JSON}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    names, scope = "content-type;host;x-tc-action", f"{day}/ccc/tc3_request"
    request = "\n".join(("POST", "/", "", signed, names, hashlib.sha256(body).hexdigest()))
    words = "\n".join(("TC3-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"TC3{account.key}".encode()
    for part in (day, "ccc", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, words.encode(), hashlib.sha256).hexdigest()
    return {
        "Authorization": (
            f"TC3-HMAC-SHA256 Credential={account.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        ),
        "Content-Type": JSON,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Version": "2020-02-10",
        "X-TC-Timestamp": stamp,
    }


# ---- 7moor ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SevenMoor:
    """容联七陌 rings the agent's soft phone first, then the number."""

    account: CentreAccount
    provider: str = "seven_moor"

    def dial(self, *, login: str, phone: str, number: str, tag: str) -> Dialled:
        """Ask for a call; what is told of it carries `tag` as its `ActionID`."""
        asked = {
            "FromExten": self.account.agent(login=login, phone=phone),
            "Exten": national(number),
            "ExtenType": AGENT_TAKES_IT_BY,
            "ActionID": tag,
        }
        stamp = self.account.clock.now().astimezone(CLINIC_ZONE)
        target = (
            f"/v20160818/call/dialout/{quote(self.account.account, safe='')}?sig={moor_signature(self.account, stamp)}"
        )
        shown = f"{self.account.account}:{_moor_time(stamp)}"
        headers = {"Content-Type": JSON, "Authorization": base64.b64encode(shown.encode()).decode()}
        body = json.dumps(asked).encode()
        answer = ask(
            self.account.url, method="POST", target=target, headers=headers, body=body, patience=self.account.patience
        )
        if answer.error or answer.body is None or "Succeed" not in answer.body:
            return _unsure(answer)
        if answer.body["Succeed"] is True:
            return Dialled("taken")
        return Dialled("refused", error=_code(answer.body.get("Message")))


def moor_signature(account: CentreAccount, at: datetime) -> str:
    """Return the signature that 7moor asks for: MD5, in capitals, over account, secret and local time."""
    words = f"{account.account}{account.key}{_moor_time(at)}".encode()
    return hashlib.md5(words, usedforsecurity=False).hexdigest().upper()


def _moor_time(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S")


# ---- answers -------------------------------------------------------------------------------------------------


def _inner(answer: Answer, name: str) -> dict[str, Any] | None:
    inner = answer.body.get(name) if answer.body is not None else None
    return inner if isinstance(inner, dict) else None


def _inner_of(told: dict[str, Any], name: str) -> dict[str, Any]:
    inner = told.get(name)
    return inner if isinstance(inner, dict) else {}


def _unsure(answer: Answer) -> Dialled:
    """Without an answer that we understand nobody knows, unless nothing was sent."""
    if answer.error and not answer.was_sent:
        return Dialled("refused", error=answer.error)
    return Dialled("unsure", error=answer.error or f"status_{answer.status}")


def _code(given: object) -> str:
    """Return the vendor's code; its sentences are not repeated."""
    text = str(given or "")
    return (
        text if text.isascii() and text.replace(".", "").replace("_", "").isalnum() and len(text) <= 60 else "refused"
    )
