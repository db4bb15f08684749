"""SMS by Alibaba Cloud's SendSms (version 2017-05-25), signed in the third form, ACS3-HMAC-SHA256.

The request's nonce is the attempt's own request id: the service refuses one it has seen (`SignatureNonceUsed`), so a
repeat after a crash or a time-out is known there and sends nothing again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from caredesk.core.clock import Clock
from caredesk.core.ports import Handed, OutgoingMessage
from caredesk.infra.messages.http import Answer, Patience, ask
from caredesk.settings import Reach

ALGORITHM = "ACS3-HMAC-SHA256"
ACTION, VERSION = "SendSms", "2017-05-25"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()
SEEN = "SignatureNonceUsed"
FOR_NOW = (
    "isv.BUSINESS_LIMIT_CONTROL",
    "isv.DAY_LIMIT_CONTROL",
    "isp.SYSTEM_ERROR",
    "isp.RAM_PERMISSION_DENY",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.OUT_OF_SERVICE",
    "ServiceUnavailable",
    "Throttling",
    "Throttling.User",
    "InternalError",
)
"""Refusals that may be lifted in a moment; every other one would come again."""


@dataclass(frozen=True)
class AliyunSms:
    """Sends SMS. `templates` are the registered codes by our text keys."""

    url: str
    key_id: str
    secret: str
    sign_name: str
    templates: Mapping[str, str]
    clock: Clock
    seconds: float = 3.0
    is_play: bool = False
    reach: Reach = "public"

    def hand_over(self, message: OutgoingMessage) -> Handed:
        """Send one SMS."""
        template = self.templates.get(message.text)
        if template is None:
            return Handed("refused", error="no_template")
        query = canonical_query(
            {
                "PhoneNumbers": national(message.to),
                "SignName": self.sign_name,
                "TemplateCode": template,
                "TemplateParam": json.dumps(message.facts, ensure_ascii=False, separators=(",", ":")),
                "OutId": message.request_id,
            }
        )
        headers = self._headers(query, nonce=message.request_id)
        patience = Patience(self.reach, self.seconds)
        return judge(ask(self.url, method="POST", target=f"/?{query}", headers=headers, body=b"", patience=patience))

    def _headers(self, query: str, *, nonce: str) -> dict[str, str]:
        signed = {
            "host": urlsplit(self.url).netloc,
            "x-acs-action": ACTION,
            "x-acs-content-sha256": EMPTY_HASH,
            "x-acs-date": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": nonce,
            "x-acs-version": VERSION,
        }
        signature = sign(self.secret, query=query, headers=signed)
        names = ";".join(sorted(signed))
        proof = f"{ALGORITHM} Credential={self.key_id},SignedHeaders={names},Signature={signature}"
        return {**signed, "Authorization": proof, "Accept": "application/json"}


def judge(answer: Answer) -> Handed:
    """Return what an answer of the service says about the message."""
    if answer.error:
        return Handed("unsure" if answer.was_sent else "later", error=answer.error)
    code = str((answer.body or {}).get("Code", ""))
    if code == "OK":
        return Handed("taken", provider_id=str((answer.body or {}).get("BizId", ""))[:80])
    if code == SEEN:
        # It was taken when it came first; its number comes with the receipt, which gives ours back.
        return Handed("taken")
    if code in FOR_NOW or answer.status == 429:
        return Handed("later", error=code or "status_429")
    if answer.status >= 500 or not code:
        return Handed("unsure", error=f"status_{answer.status}")
    return Handed("refused", error=code)


def national(e164: str) -> str:
    """Return a number as the service wants it: of the mainland without its code, any other without the plus."""
    return e164.removeprefix("+86") if e164.startswith("+86") else e164.removeprefix("+")


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Return parameters in the one order and escaping in which they are sent and signed."""
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(parameters.items()))


def sign(secret: str, *, query: str, headers: Mapping[str, str]) -> str:
    """Return the signature over a request without a body."""
    lines = "".join(f"{name}:{value.strip()}\n" for name, value in sorted(headers.items()))
    request = f"POST\n/\n{query}\n{lines}\n{';'.join(sorted(headers))}\n{EMPTY_HASH}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _escaped(value: str) -> str:
    return quote(value, safe="-_.~")
