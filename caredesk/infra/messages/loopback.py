"""A provider on this machine that speaks both protocols: for the demo, and for tests of the real clients.

It checks signatures as the real ones do, knows repeats, fails when it is told to, and reports what arrived. Nothing
leaves this machine.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from caredesk.core.clock import Clock, clinic_time
from caredesk.edge.signatures import push_signature
from caredesk.infra.messages.aliyun import SEEN, canonical_query, sign

KEY_ID, APP_ID = "loopback-key", "loopback-app"
LARGEST = 100_000
PATIENCE = 10.0
"""Seconds that a scripted slowness lasts at most."""


@dataclass(frozen=True)
class Taken:
    """A message the provider has taken: what the person would see."""

    kind: str
    request_id: str
    to: str
    template: str
    facts: Mapping[str, str]
    provider_id: str


@dataclass
class Loopback:
    """The provider. `script` says how the next requests go, one word each; without words everything goes well.

    `down` answers 503, `busy` and `refused` refuse for now and for good, `lost` takes the message and never answers,
    `slow` answers only when `awake` is set.
    """

    clock: Clock
    secret: str
    script: deque[str] = field(default_factory=deque)
    taken: list[Taken] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    token: str = ""
    tokens_given: int = 0
    awake: threading.Event = field(default_factory=threading.Event)
    then: Callable[[Taken], None] | None = None
    _seen: set[str] = field(default_factory=set)
    _server: ThreadingHTTPServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> str:
        """Begin to answer on a port of its own; return the address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        server.daemon_threads = True
        serve = partial(server.serve_forever, poll_interval=0.05)
        threading.Thread(target=serve, name="loopback-messages", daemon=True).start()
        self._server = server
        return f"http://127.0.0.1:{server.server_address[1]}"

    def stop(self) -> None:
        """Stop answering."""
        self.awake.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    # ---- what it answers -----------------------------------------------------------------------------

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]] | None:
        """Return status and answer to one request; none when it never answers."""
        target = urlsplit(path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        if target.path == "/cgi-bin/stable_token":
            return self._give_token(json.loads(body))
        word = self.script.popleft() if self.script else ""
        if word == "slow":
            self.awake.wait(PATIENCE)
        if word == "down":
            return 503, {}
        if target.path == "/cgi-bin/message/template/send":
            said = self._wechat(query, json.loads(body), word=word)
        else:
            said = self._sms(query, headers, raw=target.query, word=word)
        return None if word == "lost" else said

    def _sms(
        self, query: Mapping[str, str], headers: Mapping[str, str], *, raw: str, word: str
    ) -> tuple[int, dict[str, Any]]:
        nonce = headers.get("x-acs-signature-nonce", "")
        if raw != canonical_query(query) or not self._is_signed(raw, headers):
            return 400, {"Code": "SignatureDoesNotMatch", "RequestId": nonce}
        self.tries[query["OutId"]] += 1
        if not self._is_first(f"sms:{nonce}"):
            return 400, {"Code": SEEN, "RequestId": nonce}
        if word in ("busy", "refused"):
            code = "isv.BUSINESS_LIMIT_CONTROL" if word == "busy" else "isv.MOBILE_NUMBER_ILLEGAL"
            return 200, {"Code": code, "RequestId": nonce}
        facts = json.loads(query["TemplateParam"])
        taken = self._take("sms", query["OutId"], query["PhoneNumbers"], query["TemplateCode"], facts)
        return 200, {"Code": "OK", "Message": "OK", "BizId": taken.provider_id, "RequestId": nonce}

    def _is_signed(self, query: str, headers: Mapping[str, str]) -> bool:
        proof = headers.get("authorization", "")
        names = proof.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        signed = {name: headers.get(name, "") for name in names}
        expected = sign(self.secret, query=query, headers=signed)
        return f"Credential={KEY_ID}," in proof and proof.endswith(f"Signature={expected}")

    def _give_token(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        if asked.get("appid") != APP_ID or asked.get("secret") != self.secret:
            return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
        with self._lock:
            self.tokens_given += 1
            self.token = f"loopback-token-{self.tokens_given}"
        return 200, {"access_token": self.token, "expires_in": 7200}

    def _wechat(self, query: Mapping[str, str], body: Mapping[str, Any], *, word: str) -> tuple[int, dict[str, Any]]:
        if query.get("access_token") != self.token:
            return 200, {"errcode": 40001, "errmsg": "invalid credential"}
        request_id = str(body["client_msg_id"])
        self.tries[request_id] += 1
        if word in ("busy", "refused"):
            return 200, {"errcode": 45009 if word == "busy" else 43101, "errmsg": word}
        if not self._is_first(f"wechat:{body['touser']}:{request_id}"):
            known = next(one for one in self.taken if one.request_id == request_id)
            return 200, {"errcode": 0, "errmsg": "ok", "msgid": int(known.provider_id)}
        facts = {name: str(value["value"]) for name, value in body["data"].items()}
        taken = self._take("wechat", request_id, str(body["touser"]), str(body["template_id"]), facts)
        return 200, {"errcode": 0, "errmsg": "ok", "msgid": int(taken.provider_id)}

    def _is_first(self, name: str) -> bool:
        with self._lock:
            first = name not in self._seen
            self._seen.add(name)
            return first

    def _take(self, kind: str, request_id: str, to: str, template: str, facts: Mapping[str, str]) -> Taken:
        with self._lock:
            taken = Taken(kind, request_id, to, template, facts, str(9_000_000_000 + len(self.taken)))
            self.taken.append(taken)
        if self.then is not None:
            self.then(taken)
        return taken


# ---- what it reports -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reports:
    """Reports what arrived to a desk, as both providers do: SMS to a secret address, WeChat with a signature."""

    desk_url: str
    sms_path: str
    wechat_token: str
    clock: Clock

    def report(self, taken: Taken, *, delivered: bool = True) -> int:
        """Report on one message and return the desk's status."""
        if taken.kind == "sms":
            return self._post(self.sms_path, json.dumps([self.sms_report(taken, delivered=delivered)]), "json")
        stamp, nonce = str(int(self.clock.now().timestamp())), taken.request_id
        signature = push_signature(self.wechat_token, timestamp=stamp, nonce=nonce)
        path = f"/hooks/wechat?signature={signature}&timestamp={stamp}&nonce={nonce}"
        return self._post(path, self.wechat_report(taken, delivered=delivered), "xml")

    def sms_report(self, taken: Taken, *, delivered: bool) -> dict[str, object]:
        """Return one entry of what the SMS service posts."""
        at = clinic_time(self.clock.now()).strftime("%Y-%m-%d %H:%M:%S")
        return {
            "phone_number": taken.to,
            "send_time": at,
            "report_time": at,
            "success": delivered,
            "err_code": "DELIVERED" if delivered else "MOBILE_NOT_ON_SERVICE",
            "err_msg": "",
            "sms_size": "1",
            "biz_id": taken.provider_id,
            "out_id": taken.request_id,
        }

    def wechat_report(self, taken: Taken, *, delivered: bool) -> str:
        """Return the event that WeChat posts."""
        status = "success" if delivered else "failed:user block"
        return (
            f"<xml><ToUserName>gh_loopback</ToUserName><FromUserName>{taken.to}</FromUserName>"
            f"<CreateTime>{int(self.clock.now().timestamp())}</CreateTime><MsgType>event</MsgType>"
            f"<Event>TEMPLATESENDJOBFINISH</Event><MsgID>{taken.provider_id}</MsgID><Status>{status}</Status></xml>"
        )

    def _post(self, path: str, body: str, kind: str) -> int:
        base = urlsplit(self.desk_url)
        connection = http.client.HTTPConnection(base.hostname or "", base.port, timeout=5)
        try:
            media = "application/json" if kind == "json" else "text/xml"
            connection.request("POST", path, body=body.encode(), headers={"Content-Type": media})
            return connection.getresponse().status
        finally:
            connection.close()


def _handler_of(provider: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), LARGEST))
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = provider.answer(self.path, headers, body)
            if said is None:
                self.close_connection = True
                return
            status, answer = said
            raw = json.dumps(answer).encode()
            # Whoever asked may have given up meanwhile.
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        def log_message(self, *_args: object) -> None:
            return None

    return Handler
