"""The client of 快递100: asks, subscribes, reads what is pushed. What goes wrong comes back as a code."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from caredesk.core.ports import Tracked
from caredesk.infra.outside import FetchLimits, ask_outside
from caredesk.infra.parcels import protocol
from caredesk.settings import Reach

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
    reach: Reach = "public"

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
        answer = ask_outside(
            self.base_url.rstrip("/") + path,
            method="POST",
            body=urlencode(form).encode(),
            headers=FORM,
            reach=self.reach,
            limits=FetchLimits(MOST_READ + 1, self.seconds, self.seconds),
        )
        if answer.fault:
            raise _Failed(answer.fault)
        # A redirect is an answer that was not asked for, and would take the key elsewhere.
        if answer.status != 200:
            raise _Failed(f"status_{answer.status}")
        if len(answer.content) > MOST_READ:
            raise _Failed("unreadable")
        return answer.content
