"""A carrier on this machine that speaks 快递100's protocol: for the demo, and for tests of the real client.

It knows only the parcels it was given. What it tells depends on its clock, so that a demo's parcels move on while
somebody looks.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from urllib.parse import parse_qs, urlencode, urlsplit

import yaml

from caredesk.core.clock import Clock, clinic_time
from caredesk.core.ports import Tracked
from caredesk.infra.parcels import protocol
from caredesk.infra.parcels.kuaidi100 import FORM, Kuaidi100

CUSTOMER = "loopback"
LARGEST = 100_000


@dataclass(frozen=True)
class Leg:
    """Where a parcel is from an instant on: the service's state, and the carrier's words."""

    at: datetime
    state: str
    text: str


@dataclass
class Loopback:
    """The carrier. `next_fault` is what it answers once instead; `asked` counts questions by number."""

    clock: Clock
    key: str
    parcels: dict[str, tuple[str, tuple[Leg, ...]]] = field(default_factory=dict)
    subscribed: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    next_fault: str = ""
    _server: ThreadingHTTPServer | None = None

    def ship(self, number: str, *, carrier_code: str, legs: Sequence[Leg]) -> None:
        """Give the carrier a parcel."""
        self.parcels[number] = (carrier_code, tuple(legs))

    def start(self) -> str:
        """Begin to answer on a port of its own; return the address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self.answer))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="loopback-carrier", daemon=True).start()
        self._server = server
        return f"http://127.0.0.1:{server.server_address[1]}"

    def stop(self) -> None:
        """Stop answering."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    # ---- what it answers -----------------------------------------------------------------------------

    def answer(self, path: str, form: Mapping[str, str]) -> dict[str, object]:
        """Return the answer to one request, as the service words it."""
        if self.next_fault:
            fault, self.next_fault = self.next_fault, ""
            return _refusal(fault)
        if path == "/poll/query.do":
            return self._query(form)
        return self._subscribe(form) if path == "/poll" else _refusal("400")

    def _query(self, form: Mapping[str, str]) -> dict[str, object]:
        param = form.get("param", "")
        if form.get("sign") != protocol.signature(param, self.key, CUSTOMER):
            return _refusal("503")
        asked = json.loads(param)
        number = str(asked["num"])
        self.asked[number] = self.asked.get(number, 0) + 1
        result = self.result_of(number)
        return result if result and result["com"] == asked["com"] else _refusal("500")

    def _subscribe(self, form: Mapping[str, str]) -> dict[str, object]:
        param = json.loads(form.get("param", "{}"))
        if param.get("key") != self.key:
            return _refusal("601")
        number, wanted = str(param["number"]), param["parameters"]
        if number in self.subscribed:
            return _refusal("501")
        self.subscribed[number] = (str(wanted["callbackurl"]), str(wanted["salt"]))
        return {"result": True, "returnCode": "200", "message": "提交成功"}

    def result_of(self, number: str) -> dict[str, object] | None:
        """Return what is known of a parcel by now, newest first as the service has it."""
        carrier_code, legs = self.parcels.get(number, ("", ()))
        passed = [leg for leg in legs if leg.at <= self.clock.now()]
        if not passed:
            return None
        data = [{"time": _wall(leg.at), "ftime": _wall(leg.at), "context": leg.text} for leg in reversed(passed)]
        known = {"com": carrier_code, "nu": number, "state": passed[-1].state, "data": data}
        return {"message": "ok", "status": "200", "ischeck": str(int(passed[-1].state == "3")), **known}

    # ---- what it pushes ------------------------------------------------------------------------------

    def pushed_form(self, number: str, *, salt: str) -> dict[str, str]:
        """Return the form that tells how a parcel stands now."""
        result = self.result_of(number)
        over = bool(result) and result is not None and result["ischeck"] == "1"
        push = {"status": "shutdown" if over else "polling", "message": "", "lastResult": result}
        param = json.dumps(push, ensure_ascii=False)
        return {"sign": protocol.signature(param, salt), "param": param}

    def push(self, number: str) -> dict[str, object]:
        """Push how a subscribed parcel stands to whoever subscribed it; return what was answered."""
        callback_url, salt = self.subscribed[number]
        target = urlsplit(callback_url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=5)
        try:
            body = urlencode(self.pushed_form(number, salt=salt))
            connection.request("POST", target.path, body=body, headers=FORM)
            answered: dict[str, object] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answered


class LoopbackTracker:
    """The real client, speaking to a loopback carrier that is started with the first question."""

    def __init__(self, carrier: Loopback, *, salt: str, shipped: Callable[[Loopback], None]) -> None:
        self._carrier, self._salt, self._shipped = carrier, salt, shipped
        self._client: Kuaidi100 | None = None
        self._lock = threading.Lock()

    def ask(self, *, carrier_code: str, number: str, phone_tail: str) -> Tracked:
        """Return what the loopback carrier says."""
        return self._started().ask(carrier_code=carrier_code, number=number, phone_tail=phone_tail)

    def subscribe(self, *, carrier_code: str, number: str, phone_tail: str) -> str:
        """Subscribe nothing: the demo's carrier is asked, and pushes in tests only."""
        return "no_address"

    def read_push(self, *, param: str, sign: str) -> Tracked:
        """Return what a push tells, if it is signed."""
        return protocol.read_push(param=param, sign=sign, salt=self._salt)

    def _started(self) -> Kuaidi100:
        with self._lock:
            if self._client is None:
                self._shipped(self._carrier)
                self._client = Kuaidi100(
                    self._carrier.start(), CUSTOMER, self._carrier.key, self._salt, reach="loopback"
                )
            return self._client


def _refusal(code: str) -> dict[str, object]:
    return {"result": False, "returnCode": code, "message": "refused"}


def _wall(at: datetime) -> str:
    return f"{clinic_time(at):{protocol.TIME}}"


def _handler_of(answer: Callable[[str, Mapping[str, str]], dict[str, object]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), LARGEST)
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            body = json.dumps(answer(self.path, form), ensure_ascii=False).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json;charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (its name there)
            """Say nothing: it is a stand-in on this machine."""

    return Handler


def ship_demo(carrier: Loopback, *, began: datetime) -> None:
    """Give the carrier the demo hospital's parcels, whose ways go on from the moment the demo began."""
    text = resources.files("caredesk.demo_hospital").joinpath("carrier.yaml").read_text("utf-8")
    for one in yaml.safe_load(text):
        legs = [Leg(began + timedelta(minutes=leg["after"]), leg["state"], leg["text"]) for leg in one["legs"]]
        carrier.ship(one["number"], carrier_code=one["carrier"], legs=legs)
