"""The client of 快递100: asks, subscribes, reads what is pushed. What goes wrong comes back as a code."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from caredesk.core.ports import Tracked
from caredesk.infra.outside import url_fault
from caredesk.infra.parcels import protocol

MOST_READ = 1_000_000
SECONDS = 8.0
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": "caredesk"}


class _Failed(Exception):
    """The service could not be asked; the words are the code."""


@dataclass(frozen=True)
class Kuaidi100:
    """Speaks to the service at one address. Without a `callback_url` nothing is subscribed."""

    base_url: str
    customer: str
    key: str
    salt: str
    callback_url: str = ""
    seconds: float = SECONDS

    def ask(self, *, carrier_code: str, number: str, phone_tail: str) -> Tracked:
        """Return what is known of a parcel now."""
        form = protocol.question(
            customer=self.customer, key=self.key, carrier_code=carrier_code, number=number, phone_tail=phone_tail
        )
        try:
            content = self._post("/poll/query.do", form)
        except _Failed as failed:
            return Tracked(carrier_code, number, error=str(failed))
        return protocol.read_answer(content, carrier_code=carrier_code, number=number)

    def subscribe(self, *, carrier_code: str, number: str, phone_tail: str) -> str:
        """Have changes of a parcel pushed to this desk."""
        if not self.callback_url:
            return "no_address"
        form = protocol.subscription(
            key=self.key,
            salt=self.salt,
            callback_url=self.callback_url,
            carrier_code=carrier_code,
            number=number,
            phone_tail=phone_tail,
        )
        try:
            return protocol.read_subscribed(self._post("/poll", form))
        except _Failed as failed:
            return str(failed)

    def read_push(self, *, param: str, sign: str) -> Tracked:
        """Return what a push tells, if the service has signed it."""
        return protocol.read_push(param=param, sign=sign, salt=self.salt)

    def _post(self, path: str, form: dict[str, str]) -> bytes:
        fault = url_fault(self.base_url, reach="loopback")
        if fault:
            raise _Failed(fault)
        try:
            return self._exchange(path, form)
        except TimeoutError:
            raise _Failed("timeout") from None
        except ssl.SSLError:
            raise _Failed("certificate") from None
        except (OSError, http.client.HTTPException):
            raise _Failed("unreachable") from None

    def _exchange(self, path: str, form: dict[str, str]) -> bytes:
        target = urlsplit(self.base_url)
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = kind(target.hostname or "", target.port, timeout=self.seconds)
        try:
            connection.request("POST", target.path.rstrip("/") + path, body=urlencode(form), headers=FORM)
            answer = connection.getresponse()
            content = answer.read(MOST_READ + 1)
        finally:
            connection.close()
        # A redirect is an answer that was not asked for, and would take the key elsewhere.
        if answer.status != 200:
            raise _Failed(f"status_{answer.status}")
        if len(content) > MOST_READ:
            raise _Failed("unreadable")
        return content
